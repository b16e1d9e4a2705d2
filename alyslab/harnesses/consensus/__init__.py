"""Nodes that produce blocks by slot, approve them, finalise them by merged mining, and rejoin by sync.

============  =========================================================================
wire          topics of V1 and V2, and the bodies of messages
gossip        publishing, passing on, and what was seen
scores        what a peer loses by what it sends
candidates    blocks that wait for approvals, and approvals that wait for blocks
approvals     signatures over block roots, verified in batches
votes         what an authority has signed, on its disk
evidence      authorities that sign two blocks for one slot
rules         what a block must keep before it is approved
pool          transactions that wait
pegins        payments on Bitcoin that wait
pegouts       the federation's signatures over payments to users
work          proof of work that waits for the next block, and templates for miners
producer      whether to write a slot's block, and what goes into it
process       one life of a node: its messages, slots and imports
rejoin        how a node that fell behind or aside comes back
member        what stays of a node from one life to the next
miner         a merged miner beside the chain
world         a whole federation with its network, miners, users and Bitcoin
defects       the bugs that can be planted
============  =========================================================================
"""
