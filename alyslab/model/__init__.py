"""Alys's chain as an executable specification: rules to read, with real cryptography.

**The specification**, to be read in this order.  Which sentence of the facts
stands where is told by ``facts``.

1. Parameters: ``spec`` (what each means), ``presets`` (every network's, side by
   side), ``contradictions`` (where documents disagree), ``configuration`` (the
   node's own file), ``departures`` and ``deviations`` (where nodes depart from
   the sound rules), ``errors``.
2. Records: ``transaction``, ``payload``, ``bitcoin``, ``proof``, ``block``,
   written by ``encoding``; ``genesis``.
3. Rules: ``aura`` (slots and majority), ``bridge`` (peg-ins), ``pegout`` with
   ``coins``, ``federation`` and ``multisig`` (who spends), ``address``,
   ``auxpow``, ``retarget``, ``finality``, ``fees``, ``execution`` and ``state``.
4. The transition: ``context`` and ``validation`` (every rule in the node's
   order), ``record``, ``chain`` (import, heads), ``rollback``, ``candidates``,
   ``forkchoice``, ``production``, ``miner`` (merged mining from the node's
   side), ``engine`` (its calls), ``admission`` (who becomes an authority).
5. Cryptography: ``hashing``, ``bls``, ``schnorr``, ``scheme`` (real or ideal).

**Tools** that use it, and that no rule depends on.  Chains: ``shape``,
``traffic``, ``mining`` and ``generate``; ``files`` stores them.  Blocks that
break one rule: ``stage``, ``mutations``, ``forgeries`` and ``mutate``.  Experiments:
``workload``, ``incidents``, ``branches``, ``timing``, ``trace`` (for journals),
and the notebook's ``study`` and ``money``.

Nothing here does input or output, reads a clock or draws a random number that
it was not given.
"""
