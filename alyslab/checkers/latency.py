"""How long messages waited and were in hand, from the times that their own rows bear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.checkers.message_log import DONE, MessageLog, as_messages

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Journal

QUANTILES: Final = (0.5, 0.9, 0.99, 1.0)
NS_PER_MS: Final = 1_000_000


def latency_quantiles(source: Journal | MessageLog) -> pd.DataFrame:
    """Return quantiles for each actor, of messages that were handled to their end.

    Columns: ``actor``, ``messages``, ``quantile`` and, in ms, ``held_ms`` (the
    sender at a full mailbox), ``waited_ms`` (in the mailbox), ``in_hand_ms``
    and ``total_ms`` (from the sending to the end).  Exact order statistics;
    an actor that handled nothing has no row.
    """
    import numpy as np
    import pandas as pd

    log = as_messages(source)
    done = log.where(log.outcome == DONE) if len(log) else log
    spans = {
        "held_ms": done.queued_ns - done.sent_ns,
        "waited_ms": done.started_ns - done.queued_ns,
        "in_hand_ms": done.ended_ns - done.started_ns,
        "total_ms": done.ended_ns - done.sent_ns,
    }
    rows = []
    for code, actor in enumerate(done.names):
        mine = done.receiver == code
        if not mine.any():
            continue
        for quantile in QUANTILES:
            values = {
                name: float(np.quantile(span[mine], quantile, method="inverted_cdf")) / NS_PER_MS
                for name, span in spans.items()
            }
            rows.append({"actor": actor, "messages": int(mine.sum()), "quantile": quantile, **values})
    return pd.DataFrame(rows, columns=["actor", "messages", "quantile", *spans])
