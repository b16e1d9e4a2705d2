"""Attacks of several hands on a federation: members who conspire, their machines, and a miner of theirs.

What they do is on the wire, signed with their own keys; honest nodes learn of
it from what they receive and from nothing else.  The rows of this package
(``adversary.…``) are for who looks on: no node and no detector reads them.

==========================  ===================================================================
kind                        fields; the subject is who acts
==========================  ===================================================================
``adversary.signed``        ``authority``, ``root``, ``slot``, ``height`` (-1 for a vote alone)
``adversary.sent``          ``message`` (its number on the network), ``receiver``, ``what``, ``root``
``adversary.gathered``      ``peer``, ``height``, ``root``, ``finalised_height``: what a node answered
``adversary.sides``         ``one``, ``other``, ``cut``: the honest nodes that are shown different chains
``adversary.held``          ``what``, ``root``, ``delay_ms`` (-1 for ever): its own vote or block
``merchant.accepted``       ``height``, ``confirmations``, ``payment``; the subject is whose chain it is in
``merchant.lost``           ``height`` of the block that undid it, ``payment``
``miner.kept``              ``height`` of the work, ``end`` of its range
``miner.lost``              as above: another's was taken, or the chain has gone on without it
``adversary.revenue``       ``works``, ``won``: works in an honest chain since, and the selfish miner's
==========================  ===================================================================
"""
