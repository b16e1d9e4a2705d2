"""The vocabulary of faults, a module for each family; :mod:`alyslab.chaos.faults` has them all by name."""
