"""Gossip: how a block that one peer has gets to all others.

=============  ==========================================================
wire           what is written on the wire, and reading it without trust
schedule       which slots get a block, and who produces it
gossiper       what every peer does: produce, take each block once
flood          pass on the block itself
inventory      say what is here, send what is asked for
compact        the same, with most of the block left out
mesh           pass on to a few, tell others now and then
study          the workloads ``flood`` and ``spread``
defects        the bugs that can be planted
=============  ==========================================================
"""

from alyslab.harnesses.network.gossip.study import KINDS, flood, spread

__all__ = ["KINDS", "flood", "spread"]
