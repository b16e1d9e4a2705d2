"""What came of each attack of a run: what was done, what reached others, who noticed, and what it broke.

Everything is read from the journal.  What honest nodes noticed is what they
wrote themselves, in the rows that :data:`~alyslab.chaos.noticing.NOTICING`
names; who the attackers were is used for one thing only: to leave their own
nodes out of what is asked about honest ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.byzantine import BOUNDS
from alyslab.chaos.noticing import FULL, NO_PROOF, NOTICING, proof_received, signs_of
from alyslab.checkers import agreement

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

FORK_BLOCKS_MOST: Final = 1
"""Depth in which two honest nodes may differ for a while without anything being broken."""
SETTLES_NS: Final = 10_000_000_000
"""What was on its way when an attack began is not yet part of it: two slots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One attack of one run."""

    entry: str
    fault: str
    attackers: tuple[str, ...]
    """Members that misbehaved; of an eclipse, the victims."""
    members: int
    """Members that there were in all."""
    began_s: float
    ended_s: float
    acts: int
    """How often they misbehaved."""
    delivered: int
    """Messages of the attack that somebody received."""
    kept_back: int
    """Messages that the attack kept from somebody."""
    noticed_by: tuple[str, ...]
    """Honest nodes that wrote down what shows it."""
    noticed_after_s: float | None
    """From its begin until the first did; None if nobody did."""
    provable: bool
    """Whether an honest node received two blocks of one author for one slot, or noticed such a pair."""
    bound_s: float | None
    """Within so long of its begin honest nodes must notice; None where nothing is promised."""
    watched_s: float
    """From its begin to the end of the run."""
    depth_blocks: int | None
    """Most blocks below the lower head in which two honest nodes differed; None where nobody has imported."""
    finals_in_conflict: int
    """Heights at which honest nodes hold different blocks final."""
    payments_undone: int
    """Payments that a merchant had accepted, and that are no longer in its chain."""
    honest_blocks: int
    """Blocks of honest authors that honest nodes imported while it lasted."""
    honest_turns: int
    """Slots that honest authors had meanwhile."""
    earned_ratio: float | None = None
    """Of an attack for revenue, its share of what there was to earn."""

    @property
    def safe(self) -> bool | None:
        """Whether honest nodes were never led apart, and no accepted payment was undone; None if unseen."""
        if self.depth_blocks is None:
            return None
        return (
            self.depth_blocks <= FORK_BLOCKS_MOST
            and self.finals_in_conflict == 0
            and self.payments_undone == 0
        )

    @property
    def alive(self) -> bool | None:
        """Whether honest members' blocks got into the chain; None where none of them had a turn."""
        return self.honest_blocks > 0 if self.honest_turns else None

    @property
    def outcome(self) -> str:
        """What honest nodes made of it, in a few words; ``MISSED`` is a fault of theirs."""
        if not self.acts:
            return "nothing was done"
        if self.noticed_after_s is not None:
            late = self.bound_s is not None and self.noticed_after_s > self.bound_s
            return f"noticed{' LATE' if late else ''} after {self.noticed_after_s:g} s"
        if NOTICING[self.fault].by_proof:
            return "MISSED" if self.provable else f"undetectable by honest nodes: {NO_PROOF}"
        if self.bound_s is None:
            return "not noticed, and no time is promised: it did not act as much as it can"
        if self.watched_s < self.bound_s:
            return f"not noticed, and the run ended within the {self.bound_s:g} s that it may take"
        return "MISSED"

    @property
    def summary(self) -> str:
        """The account in a line."""
        alive = {True: "went on", False: "STOPPED", None: "had no turn"}[self.alive]
        least = "no bound is claimed"
        if self.least is not None:
            least = f"{self.least} of {self.members} members must win"
        safety = {True: "held", False: "BROKEN", None: "was not at stake"}[self.safe]
        earned = "" if self.earned_ratio is None else f"earned {self.earned_ratio:.1%} of all; "
        return (
            f"{self.entry} {self.fault} by {len(self.attackers)}: {self.acts} acts, "
            f"{self.delivered} messages delivered, {self.kept_back} kept back; "
            f"{self.outcome}, by {len(self.noticed_by)} nodes; "
            f"{earned}safety {safety}, honest blocks {alive}; {least}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the account as JSON values, with what follows from it."""
        return {
            **asdict(self),
            "safe": self.safe,
            "alive": self.alive,
            "least": self.least,
            "outcome": self.outcome,
        }

    @property
    def least(self) -> int | None:
        """Fewest members with which such an attack must succeed; None where no bound is claimed."""
        bound = BOUNDS.get(self.fault)
        return None if bound is None else bound.least(self.members)


def accounts(journal: Journal) -> list[Account]:
    """Return an account of every attack in the journal of :func:`~alyslab.chaos.conduct.conduct`."""
    begun = [row for row in journal.select(kind="chaos.injected") if row.fields["fault"] in NOTICING]
    return [_account(journal, row) for row in begun]


def _account(journal: Journal, begun: Event) -> Account:
    fault, targets = str(begun.fields["fault"]), tuple(str(begun.fields["targets"]).split())
    healed = journal.select(kind="chaos.healed", subject=begun.subject)
    ended_ns = next((row.time_ns for row in healed), journal[-1].time_ns)
    started = {row.subject: row for row in journal.select(kind="consensus.started")}
    attackers = () if fault == "byzantine.eclipse" else targets
    names = frozenset(started) or _members(journal)
    honest = names - frozenset(attackers)
    noticed = [row for row in signs_of(journal, fault, begun.time_ns) if row.subject in honest]
    chains = [row for row in journal.select(kind=agreement.KINDS) if row.subject in honest]
    depth = agreement.common_prefix_always(chains, depth_blocks=FORK_BLOCKS_MOST).checks[0].observed
    finals = agreement.finalised_agree(chains).checks[0].observed
    numbers = {row.fields["authority"] for name, row in started.items() if name in honest}
    window = (begun.time_ns + SETTLES_NS, ended_ns)
    return Account(
        entry=begun.subject,
        fault=fault,
        attackers=targets,
        members=max((row.fields["members"] for row in started.values()), default=len(names)),
        began_s=begun.time_ns / 1e9,
        ended_s=ended_ns / 1e9,
        acts=round(sum(_effects(journal, begun.subject))),
        delivered=sum(1 for _ in _delivered(journal, begun.subject, begun.time_ns, ended_ns)),
        kept_back=sum(1 for _ in _kept_back(journal, begun.subject)),
        noticed_by=tuple(sorted({row.subject for row in noticed})),
        noticed_after_s=(noticed[0].time_ns - begun.time_ns) / 1e9 if noticed else None,
        provable=proof_received(journal, honest, begun.time_ns),
        bound_s=_bound_s(begun, next(iter(started.values()), None)),
        watched_s=(journal[-1].time_ns - begun.time_ns) / 1e9,
        depth_blocks=int(depth) if isinstance(depth, int | float) else None,
        finals_in_conflict=int(finals) if isinstance(finals, int | float) else 0,
        payments_undone=sum(1 for _ in journal.select(kind="merchant.lost")),
        honest_blocks=_blocks(chains, numbers, *window),
        honest_turns=_turns(next(iter(started.values())), numbers, *window) if started else 0,
        earned_ratio=_earned(journal, begun.subject),
    )


def _members(journal: Journal) -> frozenset[str]:
    return frozenset(
        name for row in journal.select(kind="chaos.plan") for name in row.fields["members"].split()
    )


def _earned(journal: Journal, entry: str) -> float | None:
    """Return an attack's share of the works of an honest chain, as it is written when it ends."""
    for row in journal.select(kind="adversary.revenue", subject=entry):
        if row.fields["works"]:
            return float(row.fields["won"] / row.fields["works"])
    return None


def _bound_s(begun: Event, started: Event | None) -> float | None:
    """Return how long honest nodes may take to notice; None for an attack that hides or takes its time."""
    dials = dict(pair.partition("=")[::2] for pair in str(begun.fields["values"]).split())
    slots = NOTICING[str(begun.fields["fault"])].slots
    if slots is None or started is None or any(dials.get(name, full) != full for name, full in FULL.items()):
        return None
    return slots(int(started.fields["members"])) * float(started.fields["slot_ms"]) / 1e3


def _effects(journal: Journal, entry: str) -> Iterator[float]:
    for row in journal.select(kind="chaos.effect", subject=entry):
        if not row.fields["member"]:
            yield row.fields["amount"]


def _delivered(journal: Journal, entry: str, began_ns: int, ended_ns: int) -> Iterator[Event]:
    """Yield receipts of what the attack sent: from machines of its own, and by members as it says itself."""
    sent = {row.fields["message"] for row in journal.select(kind="adversary.sent", after_ns=began_ns)}
    own = ("hostile", f"publisher-{entry}", f"selfish-{entry}", f"stranger-{entry}-")
    for row in journal.select(kind="net.message", after_ns=began_ns):
        if row.fields["sent_ns"] <= ended_ns and (
            row.fields["id"] in sent or str(row.fields["sender"]).startswith(own)
        ):
            yield row


def _kept_back(journal: Journal, entry: str) -> Iterator[Event]:
    """Yield what the attack's own rules dropped; what it delayed is told by ``adversary.held``."""
    for row in journal.select(kind="net.drop"):
        if str(row.fields["cause"]).startswith(f"{entry}/"):
            yield row
    for row in journal.select(kind="adversary.held"):
        if row.fields["delay_ms"] >= 0:
            yield row


def _blocks(chains: Iterable[Event], numbers: set[int], begin_ns: int, end_ns: int) -> int:
    """Return how many blocks of these authors were imported in the time, whoever imported them."""
    return len(
        {
            row.fields["root"]
            for row in chains
            if row.kind == "block.imported"
            and begin_ns <= row.time_ns <= end_ns
            and row.fields["author"] in numbers
        }
    )


def _turns(started: Event, numbers: set[int], begin_ns: int, end_ns: int) -> int:
    """Return how many slots of these authors begin in the time."""
    slot_ns, epoch_ns = started.fields["slot_ms"] * 1_000_000, started.fields["epoch_ms"] * 1_000_000
    slots = range((epoch_ns + begin_ns) // slot_ns + 1, (epoch_ns + end_ns) // slot_ns + 1)
    return sum(slot % started.fields["members"] in numbers for slot in slots)
