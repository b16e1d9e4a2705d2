"""Chaos: faults as data, injected where they take effect, searched, replayed and shrunk.

Layout: ``vocabulary`` and ``faults`` say what can go wrong; ``plan``,
``target`` and ``validation`` are the plan and everything that can be wrong
with one; ``swarm`` draws plans from seeds.  A system under test shows itself
through ``system`` (the adapters are in ``systems/``); ``injectors/`` act on it
under a ``guard`` that heals, and ``conduct`` runs a plan from steady state to
convergence.  ``resilience`` reads what came of it from the journal; ``cases``,
``search``, ``corpus`` and ``shrink`` find failures and make them small;
``catalogue`` proves with planted bugs that they can.
"""
