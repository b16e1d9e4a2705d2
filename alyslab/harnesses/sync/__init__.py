"""Nodes that fall behind and honestly catch up.

Read it in this order.  On disk: ``records`` (the log's format), ``log``,
``store``, ``manifest`` and ``checkpoints``, ``eras``, ``holding``, ``ledger``
(chain and store together).  On the wire: ``protocol``, ``codec``, ``server``, ``hostile``
(servers that misbehave), ``contact`` (one request).  Rules as documented:
``policy``, ``batch``, ``scores``, ``production``, ``states``, ``restarts``.
The machine: ``claims``, ``anchors``, ``downloads``, ``intake``, ``fetching``,
``watching``, ``producing``, ``machine`` (the state), ``syncer``; V1's beside it:
``sequential``.
Experiments: ``history`` (source chains), ``workloads``, ``harness``.
"""
