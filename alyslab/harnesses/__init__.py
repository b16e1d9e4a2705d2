"""Harnesses: what brings a system under test up, shows that it is up, and takes it down again.

``harness`` says what every harness offers, ``lifecycle`` starts and stops
several of them without leaving one behind, and a folder per system
(``network``, later ``actor``, ``consensus`` and others) holds the harnesses
themselves.  Harnesses know nothing of chaos plans, notebooks or phases.
"""
