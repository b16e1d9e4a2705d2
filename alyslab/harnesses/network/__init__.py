"""A gossip network of peers: regions, topology, links, and the flooding of blocks.

============  =====================================================
regions       measured latency, bandwidth and node shares by region
topology      who is linked to whom
link          what a message meets on its way: queue, wire, latency
peer          what a peer does with its slots and its messages
gossip        the workload ``flood`` and the catalogue of its defects
presets       Alys's slot times and the size of a block
============  =====================================================
"""
