"""A flood of single values through nodes: everybody learns each, at the exact price, in time.

Rows: ``broadcast.value`` where a client hands a value in, ``broadcast.seen``
where a node learns one, and the network's ``net.connect`` and ``net.message``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

REACHED: Final = "every node learns every value"
PRICE: Final = "each value costs 2E - (n - 1) messages"
SLOW: Final = "no message is slower than its link"


def check_broadcast(journal: Journal, *, topic: str, latency_ms: float) -> Verdict:
    """Hold a flood that loses nothing against its closed forms.

    Parameters
    ----------
    topic
        Of the messages that carry values.
    latency_ms
        What every link takes.
    """
    values = sum(1 for _ in journal.select(kind="broadcast.value"))
    learnt = [event.subject for event in journal.select(kind="broadcast.seen")]
    messages = [e for e in journal.select(kind="net.message") if e.fields["topic"] == topic]
    links = {frozenset((e.subject, e.fields["peer"])) for e in journal.select(kind="net.connect")}
    nodes = frozenset().union(*links) or frozenset(learnt)  # a node without a link is alone
    price = 2 * len(links) - (len(nodes) - 1)
    slowest_ms = max(((e.time_ns - e.fields["sent_ns"]) / 1e6 for e in messages), default=None)
    source = "every node tells all neighbours but the one that told it"
    return Verdict(
        (
            Check(
                name=REACHED,
                observed=len(learnt) if values else None,
                comparison="==",
                limit=values * len(nodes),
                unit="times",
                source=source,
            ),
            Check(
                name=PRICE,
                observed=len(messages) if values else None,
                comparison="==",
                limit=values * price,
                unit="messages",
                source=source,
            ),
            Check(
                name=SLOW,
                observed=slowest_ms,
                comparison="<=",
                limit=latency_ms,
                unit="ms",
                source="the workload's latency",
            ),
        )
    )
