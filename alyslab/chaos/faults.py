"""Every fault that a plan can name.

Values follow what others use, so that results compare: netem's names for links,
Jepsen's and TigerBeetle's ranges for loss and clocks, FoundationDB's clogging.
What a system or a back end can't do is its own to say
(:mod:`alyslab.chaos.system`, :mod:`alyslab.chaos.backend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.chaos.byzantine import BYZANTINE, NOT_BUILT
from alyslab.chaos.vocabulary import Fault, Parameter

__all__ = ["BYZANTINE", "FAULTS", "NOT_BUILT", "faults_of"]

CUT: Final = "net.drop with the entry as its cause"
SHAPED: Final = "chaos.effect with the messages shaped"


def _ratio(name: str, summary: str, severe: float, *, mild: float = 0.01, high: float = 1.0) -> Parameter:
    return Parameter(name=name, summary=summary, kind="ratio", high=high, mild=mild, severe=severe)


def _ms(name: str, summary: str, mild: float, severe: float, *, low: float = 0.0) -> Parameter:
    return Parameter(name=name, summary=summary, low=low, high=3_600_000, mild=mild, severe=severe)


def _choice(name: str, summary: str, *choices: str) -> Parameter:
    return Parameter(name=name, summary=summary, kind="choice", choices=choices)


_PERIOD = _ms("period_ms", "length of a cycle of held and running", 20, 400, low=1)
_DIRECTION = _choice("direction", "what is hit: to and from the targets, or one of them", "both", "in", "out")

NETWORK: Final = (
    Fault(name="network.partition", summary="the targets and all others can't reach each other", effect=CUT),
    Fault(
        name="network.groups",
        summary="members of different groups can't reach each other; who is in none reaches all",
        effect=CUT,
        parameters=(Parameter(name="groups", summary="the groups", kind="groups"),),
        needs="groups",
    ),
    Fault(
        name="network.matrix",
        summary="messages from a sender to a receiver are cut, for each pair given",
        effect=CUT,
        parameters=(Parameter(name="cuts", summary="pairs: [sender, receiver]", kind="groups"),),
        needs="cuts",
    ),
    Fault(
        name="network.one_way",
        summary="the targets can send and not receive, or the other way round",
        effect=CUT,
        parameters=(_choice("direction", "which way is cut, seen from the target", "in", "out"),),
    ),
    Fault(
        name="network.bridge",
        summary="all others fall into two halves that reach each other only through the targets",
        effect=CUT,
    ),
    Fault(
        name="network.majorities_ring",
        summary="every member reaches a majority, and no two the same one",
        effect=CUT,
    ),
    Fault(name="network.isolate", summary="each target reaches nobody, not even another target", effect=CUT),
    Fault(
        name="network.latency",
        summary="messages take longer: constant, varying, or by distance through fibre",
        effect=SHAPED,
        parameters=(
            _ms("delay_ms", "added to each message", 10, 1_000),
            _ms("jitter_ms", "spread around the delay", 0, 0),
            _choice("distribution", "of the spread", "uniform", "constant", "normal", "pareto"),
            Parameter(
                name="distance_km", summary="adds the time of light in fibre", high=40_000, mild=0, severe=0
            ),
            _DIRECTION,
        ),
    ),
    Fault(
        name="network.jitter",
        summary="messages take uniformly longer, each its own time, and so overtake each other",
        effect=SHAPED,
        parameters=(_ms("jitter_ms", "most that is added", 10, 800), _DIRECTION),
    ),
    Fault(
        name="network.loss",
        summary="messages are lost, each by its own draw",
        effect=CUT,
        parameters=(_ratio("loss_ratio", "chance of each message", 0.5), _DIRECTION),
    ),
    Fault(
        name="network.loss_bursts",
        summary="messages are lost in bursts: Gilbert-Elliott, a chain of good and bad runs for each link",
        effect=CUT,
        parameters=(
            _ratio("p", "chance to go from good to bad, per message", 0.3),
            _ratio("r", "chance to go from bad to good, per message", 0.1, mild=0.5),
            _ratio("loss_bad_ratio", "loss in a bad run (1-h)", 1.0, mild=0.5),
            _ratio("loss_good_ratio", "loss in a good run (1-k)", 0.0, mild=0.0),
        ),
    ),
    Fault(
        name="network.duplicate",
        summary="messages arrive twice",
        effect=SHAPED,
        parameters=(_ratio("duplicate_ratio", "chance of each message", 0.5), _DIRECTION),
    ),
    Fault(
        name="network.reorder",
        summary="messages get a delay that chosen ones skip, and so overtake others",
        effect=SHAPED,
        parameters=(
            _ratio("reorder_ratio", "chance of each message", 0.5),
            _ms("delay_ms", "what the chosen ones skip", 20, 500),
        ),
    ),
    Fault(
        name="network.corrupt",
        summary="bytes of a payload are flipped on the way",
        effect=SHAPED,
        parameters=(_ratio("corrupt_ratio", "chance of each message", 0.3), _DIRECTION),
    ),
    Fault(
        name="network.bandwidth",
        summary="messages queue for a narrow line out of each target",
        effect=SHAPED,
        parameters=(
            Parameter(name="rate_bps", summary="of the line", low=1, high=1e12, mild=1e7, severe=2e4),
        ),
    ),
    Fault(
        name="network.clog",
        summary="links stall now and then, and let everything through at once when they clear",
        effect=SHAPED,
        parameters=(
            _ms("clog_ms", "mean length of a stall", 50, 5_000, low=1),
            _ratio("clog_ratio", "share of time that a link is stalled", 0.5, mild=0.02, high=0.9),
        ),
    ),
    Fault(
        name="network.hold",
        summary="messages are held, and released when the fault ends",
        effect=SHAPED,
        parameters=(_DIRECTION,),
    ),
    Fault(
        name="network.disconnect",
        summary="the targets' connections are reset",
        effect="net.disconnect or net.reset",
        instant=True,
    ),
)

PROCESS: Final = (
    Fault(
        name="process.crash",
        summary="the process dies at once, and is started again when the fault ends",
        effect="node.crash or actor.failed",
        parameters=(
            _choice(
                "state",
                "what the disk still has: what was synced, all that was written, or nothing",
                "durable",
                "kept",
                "lost",
            ),
        ),
        alone=True,
        contradicts=("process.pause",),
        may_stay=True,
    ),
    Fault(
        name="process.pause",
        summary="nothing of the process runs; timers that fire meanwhile are seen late",
        effect="node.pause or actor.state",
        alone=True,
        contradicts=("process.crash",),
    ),
    Fault(
        name="process.slow",
        summary="the process runs a share of each cycle only",
        effect="node.pause",
        parameters=(_ratio("held_ratio", "share of each cycle held", 0.9, mild=0.1, high=0.99), _PERIOD),
    ),
)

RESOURCE: Final = (
    Fault(
        name="resource.memory",
        summary="no buffer above a limit can be had: larger messages are not received",
        effect="net.drop with the entry as its cause",
        parameters=(
            Parameter(name="limit_bytes", summary="largest buffer", high=1e12, mild=65_536, severe=64),
        ),
    ),
    Fault(
        name="resource.cpu",
        summary="others use the processor: the process gets a share of each long cycle",
        effect="node.pause",
        parameters=(
            _ratio("stolen_ratio", "share of each cycle that others have", 0.9, mild=0.2, high=0.99),
            _ms("period_ms", "length of a cycle", 100, 2_000, low=1),
        ),
    ),
    Fault(
        name="resource.disk_full",
        summary="the disk takes so many bytes more, then refuses writes",
        effect="disk.fault: full",
        parameters=(Parameter(name="free_bytes", summary="room left", high=1e15, mild=65_536, severe=0),),
        alone=True,
    ),
    Fault(
        name="resource.disk_slow",
        summary="the disk takes its time",
        effect="chaos.effect with the operations slowed",
        parameters=(
            _ms("read_ms", "each read", 1, 300),
            _ms("write_ms", "each write", 1, 300),
            _ms("sync_ms", "each sync", 5, 1_500),
        ),
    ),
    Fault(
        name="resource.io_errors",
        summary="writes and syncs fail",
        effect="disk.fault: write or sync",
        parameters=(_ratio("error_ratio", "chance of each operation", 0.8, mild=0.05),),
    ),
    Fault(
        name="resource.descriptors",
        summary="no file can be opened beyond a limit; those that are open stay so",
        effect="disk.fault: descriptors",
        parameters=(
            Parameter(
                name="limit_files",
                summary="files opened meanwhile",
                kind="whole",
                high=1e6,
                mild=32,
                severe=0,
            ),
        ),
    ),
)

STORAGE: Final = (
    Fault(
        name="storage.lost_writes",
        summary="a crash loses this share of what was not synced, and keeps the rest",
        effect="disk.crash with fate lost",
        parameters=(_ratio("lost_ratio", "of the writes pending at a crash", 1.0, mild=0.2),),
    ),
    Fault(
        name="storage.torn_writes",
        summary="a crash leaves only the first sectors of a write that was not synced",
        effect="disk.crash with fate torn",
        parameters=(_ratio("torn_ratio", "of the writes pending at a crash", 1.0, mild=0.2),),
    ),
    Fault(
        name="storage.misdirected_writes",
        summary="a crash puts a write that was not synced over another sector of its file",
        effect="disk.crash with fate misdirected",
        parameters=(_ratio("misdirected_ratio", "of the writes pending at a crash", 0.8, mild=0.1),),
        destroys=True,
    ),
    Fault(
        name="storage.bit_rot",
        summary="bits of durable files flip",
        effect="disk.fault: rot",
        parameters=(
            Parameter(
                name="flips", summary="bits flipped", kind="whole", low=1, high=1e6, mild=16, severe=4_096
            ),
        ),
        instant=True,
        destroys=True,
    ),
    Fault(
        name="storage.read_errors",
        summary="reads fail",
        effect="disk.fault: read",
        parameters=(_ratio("error_ratio", "chance of each read", 0.8, mild=0.05),),
    ),
)

_SHIFT = 600_000.0
CLOCK: Final = (
    Fault(
        name="clock.offset",
        summary="the clock is set wrong, and put right when the fault ends",
        effect="clock.set",
        parameters=(
            Parameter(
                name="offset_ms",
                summary="ahead; negative is behind",
                low=-_SHIFT,
                high=_SHIFT,
                mild=20,
                severe=10_000,
            ),
        ),
    ),
    Fault(
        name="clock.drift",
        summary="the clock runs fast or slow, and is put right when the fault ends",
        effect="clock.set",
        parameters=(
            Parameter(
                name="drift_ppm",
                summary="fast; negative is slow",
                low=-200_000,
                high=200_000,
                mild=200,
                severe=100_000,
            ),
        ),
    ),
    Fault(
        name="clock.step",
        summary="the clock jumps once, and is put right in the quiet phase",
        effect="clock.set",
        parameters=(
            Parameter(
                name="step_ms",
                summary="ahead; negative is back",
                low=-_SHIFT,
                high=_SHIFT,
                mild=50,
                severe=-20_000,
            ),
        ),
        instant=True,
    ),
    Fault(
        name="clock.strobe",
        summary="the clock jumps to and fro",
        effect="clock.set",
        parameters=(
            _ms("amplitude_ms", "length of a jump", 20, 4_000),
            _ms("period_ms", "time between jumps", 1_000, 50, low=1),
        ),
    ),
)

FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {fault.name: fault for fault in (*NETWORK, *PROCESS, *RESOURCE, *STORAGE, *CLOCK, *BYZANTINE)}
)
"""Every fault by its name."""


def faults_of(*families: str) -> frozenset[str]:
    """Return the names of all faults of these families."""
    return frozenset(name for name, fault in FAULTS.items() if fault.family in families)
