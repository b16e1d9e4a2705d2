"""Nodes that fall behind and honestly catch up.

Read it in this order.  On disk: ``records`` (the log's format), ``store``,
``checkpoints``, ``ledger`` (chain and store together).  On the wire:
``protocol``, ``codec``, ``server``, ``hostile`` (servers that misbehave),
``contact`` (one request).  Rules as documented: ``policy``, ``batch``,
``scores``, ``production``, ``states``.  The machine: ``claims``, ``anchors``,
``downloads``, ``intake``, ``fetching``, ``watching``, ``machine`` (the state), ``syncer``; V1's
beside it: ``sequential``.
Experiments: ``history`` (source chains), ``workloads``, ``harness``.
"""
