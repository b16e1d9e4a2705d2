"""Property-based testing on the laboratory's systems.

Layout: ``generators`` draw cases, which are data (``case``); a ``property``
tests one case; ``properties`` and ``machines`` are those of the laboratory's
own systems.  ``examine`` and ``examine_machine`` search for a counterexample
and return an ``examination``: counts, distributions, the smallest case with
its replay token.  ``machine`` is the base of state machines whose rules are
coroutines.  ``hunt`` plants defects and counts the cases it takes; ``reach``
says which property finds which.  ``profiles`` says how long all that searches.
"""

from alyslab.property.examination import Counterexample, Examination
from alyslab.property.examine import examine
from alyslab.property.examine_machine import examine_machine
from alyslab.property.property import Falsified, Property, claim

__all__ = [
    "Counterexample",
    "Examination",
    "Falsified",
    "Property",
    "claim",
    "examine",
    "examine_machine",
]
