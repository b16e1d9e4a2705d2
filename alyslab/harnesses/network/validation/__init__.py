"""What others measured or published, simulated here and held against it.

=================  ==========================================================================
maelstrom          the broadcast workload of Maelstrom, on the message-by-message network
clients            who asks Maelstrom's servers, and how long that takes
stable_latency     how Maelstrom measures, and how far that may stray
simblock           SimBlock's scenario of 2019: regions, compact blocks, churn
bitcoin_simulator  the scenario of the ns-3 Bitcoin simulator; _network: its network drawn,
                   _published: what was published of it
sweep              its sweep over block interval and size: published beside simulated
*_compiled         the loops of these two, compiled
studies            all of it for an engineer at a notebook
=================  ==========================================================================
"""
