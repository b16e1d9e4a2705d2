"""Proof of work as a game of chance: honest and selfish miners, forks, double spending.

==============  ==================================================================
closed_forms    what theory says: revenue, thresholds, probabilities
estimate        a Monte Carlo estimate with its standard error, held against theory
selfish         revenue of a selfish miner, block by block
double_spend    whether an attacker overtakes a confirmed payment
chain           miners that hear of each other's blocks late: forks and stale blocks
mining_compiled the loops of these, compiled
miner           miners on the message-by-message network
==============  ==================================================================
"""
