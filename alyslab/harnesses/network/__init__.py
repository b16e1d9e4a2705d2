"""A network message by message: links that delay, lose and reorder, connections, rules, gossip.

=================  ==========================================================================
network, endpoint  what harnesses use: send, receive, ask, connect, partition, shape
link               conditions of a link, in netem's words
latency            drawing latencies; impairment: losing, doubling, corrupting
line, carrier      a link at work; what moves messages and says what is lost
inbox, requests    what has arrived; what was asked and is not answered yet
connections        opening, ending and resetting, and each peer's view of the others
rules, shaping     what faults act through
topology, shapes   who is linked to whom; topology_file: graphs in files
regions            measured latency, bandwidth and node shares; geography: the globe instead
gossip             flood, inventory, compact blocks, mesh
workloads          experiments with parameters and a verdict
defects, errors    the bugs that can be planted; what can go wrong
presets            Alys's slot times and the size of a block
kernel             floods over static links, compiled
=================  ==========================================================================
"""
