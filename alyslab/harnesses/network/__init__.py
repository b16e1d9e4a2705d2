"""A network message by message: links that delay, lose and reorder, connections, rules, gossip.

=================  ==========================================================================
network, endpoint  what harnesses use: send, receive, ask, connect, partition, shape
link               conditions of a link, in netem's words; gilbert_elliott: loss in bursts
bounds             between what a given number must be
latency            drawing latencies; impairment: losing, doubling, corrupting
line, carrier      a link at work; what moves messages and says what is lost
lines              every line there is, with the conditions that it has now
inbox, requests    what has arrived; what was asked and is not answered yet
connections        opening, ending and resetting, and each peer's view of the others
rule, rules        what faults act through; partition: rules that cut groups off
shaping            conditions that change for a while
topology, shapes   who is linked to whom; topology_file: graphs in files
regions            measured latency, bandwidth and node shares; geography: the globe instead
gossip             flood, inventory, compact blocks, mesh
workloads          experiments with parameters and a verdict
defects, errors    the bugs that can be planted; what can go wrong
presets            Alys's slot times and the size of a block
kernel             floods over static links, compiled
=================  ==========================================================================
"""
