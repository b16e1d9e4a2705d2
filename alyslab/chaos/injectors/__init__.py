"""What makes faults real in a simulation: one function for each, which returns how it is healed."""
