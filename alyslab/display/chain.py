"""Tables and figures of Alys's chain: constants, a block and its rules, the halt, the bridge, rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from alyslab.display.table import Table
from alyslab.model.block import SignedBlock
from alyslab.model.contradictions import Contradiction
from alyslab.model.deviations import CATALOGUE
from alyslab.model.facts import Fact
from alyslab.model.money import MoneyStep
from alyslab.model.spec import Spec, spec_fields
from alyslab.model.study import FinalityRow, RuleRow, SizeRow, parts_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

CONSTANTS = (
    "slot_ms",
    "chain_id",
    "bits",
    "max_blocks_without_pow",
    "bitcoin_confirmations",
    "bitcoin_start_height",
)
"""Constants in which the networks differ, with their units in the name."""


def constants_table(specs: Iterable[Spec]) -> Table:
    """Show the constants of several networks side by side."""
    values = {spec.name: spec_fields(spec) for spec in specs}
    rows = tuple((name, *(str(fields[name]) for fields in values.values())) for name in CONSTANTS)
    return Table(title="The networks' constants", columns=("constant", *values), rows=rows)


def block_table(signed: SignedBlock) -> Table:
    """Show the parts of a block."""
    rows = tuple(parts_of(signed).items())
    return Table(title=f"Block {signed.block.height}", columns=("part", "value"), rows=rows)


def rules_table(rules: Sequence[RuleRow]) -> Table:
    """Show each rule that was tried on a block, in order, and whether it held."""
    return Table(
        title=f"{len(rules)} rules tried on one block",
        columns=("rule", "claim", "checked by", "here"),
        rows=tuple((row.rule, row.claim, row.who, "holds" if row.held else "BROKEN") for row in rules),
        tones={index: "bad" for index, row in enumerate(rules) if not row.held},
    )


def rejections_table(judged: pd.DataFrame) -> Table:
    """Show for which rule each broken block was rejected, from the journal's ``block.judged`` rows."""
    broken = judged[judged["expected"] != "accepted"]
    rows = tuple(zip(broken["expected"], broken["observed"], strict=True))
    return Table(title="One block for each rule", columns=("rule broken", "rejected for"), rows=rows)


def defects_table(found: Mapping[str, str]) -> Table:
    """Show which checks found each planted defect."""
    return Table(
        title="Planted defects",
        columns=("defect", "what the node does then", "found by"),
        rows=tuple((name, CATALOGUE[name].summary, by or "NOT FOUND") for name, by in found.items()),
        tones={index: "bad" for index, by in enumerate(found.values()) if not by},
    )


def incidents_table(judged: pd.DataFrame) -> Table:
    """Show how each scene of an incident ended, from the journal's ``incident.judged`` rows."""
    rows = tuple(zip(judged["subject"], judged["expected"], judged["observed"], strict=True))
    wrong = (index for index, (_, expected, observed) in enumerate(rows) if expected != observed)
    columns = ("scene", "expected", "observed")
    return Table(
        title="Incidents, played again", columns=columns, rows=rows, tones=dict.fromkeys(wrong, "bad")
    )


def facts_table(rows: Iterable[Fact]) -> Table:
    """Show which rule says what each sentence of the facts says, and how V1 differs."""
    shown = tuple(
        (
            row.section,
            row.anchor,
            ", ".join(name.removeprefix("alyslab.model.") for name in row.names) or row.elsewhere,
            row.deviation,
        )
        for row in rows
    )
    return Table(
        title=f"{len(shown)} sentences of the facts",
        columns=("part", "found by", "says it here", "V1 deviates by"),
        rows=shown,
    )


def readings_table(rows: Iterable[Contradiction]) -> Table:
    """Show every reading where the project's own documents disagree."""
    shown = tuple((row.name, ", ".join(name for name, _ in row.changes), row.source) for row in rows)
    return Table(title="Where documents disagree", columns=("reading", "changes", "source"), rows=shown)


def finality_frame(offered: Sequence[FinalityRow]) -> pd.DataFrame:
    """Return one row for each block that was offered, counted from 1."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"offer": i, "offered": r.height, "finalised": r.finalised_height, "observed": r.observed}
            for i, r in enumerate(offered, 1)
        ]
    )


def halt_figure(frame: pd.DataFrame) -> Figure:
    """Draw the height offered and the height finalised, with a cross where a block was rejected."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    figure, axes = plt.subplots(layout="constrained")
    for column, marker in (("offered", "o"), ("finalised", "s")):
        axes.step(frame["offer"], frame[column], marker=marker, where="post", label=column)
    rejected = frame[frame["observed"] != "accepted"]
    label = "rejected: no work in reach"
    axes.plot(rejected["offer"], rejected["offered"], "X", color="C3", markersize=12, label=label)
    axes.set(
        xlabel="offer [count]",
        ylabel="height [blocks]",
        title="Without work the chain halts; with work it goes on",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    plt.close(figure)
    return figure


def money_table(steps: Sequence[MoneyStep]) -> Table:
    """Show where the money is after each step."""
    columns = tuple(MoneyStep.__dataclass_fields__)
    rows = tuple(tuple(str(getattr(step, column)) for column in columns) for step in steps)
    return Table(title="Where the money is", columns=columns, rows=rows)


def unaccounted_table(missing: Mapping[str, int]) -> Table:
    """Show what is missing or too much in the bridge."""
    rows = tuple(missing.items())
    return Table(title="Unaccounted for", columns=("amount", "difference"), rows=rows)


def rate_frame(timed: Iterable[SizeRow]) -> pd.DataFrame:
    """Return one row per block and way of checking signatures, without the first, which sets up the users."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "how": row.how,
                "height": row.timing.height,
                "size_kb": row.timing.size_bytes / 1e3,
                "transactions": row.timing.transactions,
                "validation_ms": 1e3 * row.timing.validation_s,
            }
            for row in timed
            if row.timing.height > 1
        ]
    )


def rate_figure(frame: pd.DataFrame) -> Figure:
    """Draw validation time against the size of blocks, for each way of checking signatures."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    figure, axes = plt.subplots(layout="constrained")
    sns.scatterplot(frame, x="size_kb", y="validation_ms", hue="how", style="how", alpha=0.8, ax=axes)
    axes.set(
        yscale="log",
        xlabel="size of the block [kB]",
        ylabel="validation time [ms per block]",
        title="One pairing costs more than a full block",
    )
    sns.move_legend(axes, "upper center", bbox_to_anchor=(0.5, -0.15), ncols=3, title=None)
    plt.close(figure)
    return figure


def rate_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return blocks per second, and median and 99th percentile of validation time, by way of checking."""
    times = frame.groupby("how", sort=False)["validation_ms"]
    return times.agg(
        blocks_per_s=lambda part: 1e3 * len(part) / part.sum(),
        p50_ms="median",
        p99_ms=lambda part: part.quantile(0.99),
    ).reset_index()


def rate_metrics(summary: pd.DataFrame) -> list[dict[str, object]]:
    """Return the summary as tidy metrics."""
    columns = (
        ("blocks_per_s", "validated_blocks_per_s", "blocks/s"),
        ("p50_ms", "validation_ms_p50", "ms"),
        ("p99_ms", "validation_ms_p99", "ms"),
    )
    return [
        {"metric": metric, "value": float(row[column]), "unit": unit, "labels": {"signatures": row["how"]}}
        for row in summary.to_dict("records")
        for column, metric, unit in columns
    ]
