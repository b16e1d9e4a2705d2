"""A small replicated store that survives everything in the vocabulary: the reference system of chaos.

Every fault can act on it, its invariant is exact, and its planted bugs are the
ones that each family of faults is there to find.  A search that finds nothing
here when nothing is planted, and everything that is, can be trusted elsewhere.
"""
