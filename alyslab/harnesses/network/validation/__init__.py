"""What others measured or published, simulated here and held against it.

=============== ==================================================================
maelstrom       the broadcast workload of Maelstrom, on the message-by-message network
stable_latency  how Maelstrom measures, and how far that may stray
simblock        SimBlock's scenario of 2019: regions, compact blocks, churn
bitcoin_simulator  the sweep of the ns-3 Bitcoin simulator over interval and size
relay_compiled  the loops of the latter two, compiled
published       the published numbers, with their source
=============== ==================================================================
"""
