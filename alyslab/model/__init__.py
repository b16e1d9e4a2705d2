"""Alys's chain as an executable specification: rules to read, with real cryptography.

Read it in this order.  Parameters: ``spec`` (what each means), ``presets``
(every network's, side by side), ``deviations`` (where nodes depart from the
sound rules).  Records: ``transaction``, ``bitcoin``, ``block``, written by
``encoding`` and streamed by ``files``.  Rules: ``aura`` (slots and quorum),
``bridge`` (peg-ins), ``pegout``, ``federation`` (who spends), ``address``,
``auxpow``, ``retarget``, ``finality``, ``fees``, ``execution`` and ``state``.
The transition: ``validation`` (every rule in the node's order), ``chain``
(import, rollback, heads) on ``genesis``, with ``trace`` for the journal,
``candidates`` and ``forkchoice``.  Cryptography: ``hashing``, ``bls``,
``schnorr``, ``scheme`` (real or ideal).  Tools: ``production``, ``mining``,
``shape`` and ``generate``, ``stage`` and ``mutate``, ``workload``, and the
notebook's ``study`` and ``money``.

Nothing here does input or output, reads a clock or draws a random number that
it was not given.
"""
