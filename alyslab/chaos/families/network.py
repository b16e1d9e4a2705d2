"""Faults between members: cuts, and lines that are slow, lossy, narrow or stalled.

Names of links' conditions are netem's, ranges of loss follow Jepsen's and TigerBeetle's,
clogging is FoundationDB's.
"""

from __future__ import annotations

from typing import Final

from alyslab.chaos.families.parameters import choice, ms, ratio
from alyslab.chaos.vocabulary import Fault, Parameter

CUT: Final = "net.drop with the entry as its cause"
SHAPED: Final = "chaos.effect with the messages shaped"
_DIRECTION = choice("direction", "what is hit: to and from the targets, or one of them", "both", "in", "out")

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
        parameters=(choice("direction", "which way is cut, seen from the target", "in", "out"),),
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
            ms("delay_ms", "added to each message", 10, 1_000),
            ms("jitter_ms", "spread around the delay", 0, 0),
            choice("distribution", "of the spread", "uniform", "constant", "normal", "pareto"),
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
        parameters=(ms("jitter_ms", "most that is added", 10, 800), _DIRECTION),
    ),
    Fault(
        name="network.loss",
        summary="messages are lost, each by its own draw",
        effect=CUT,
        parameters=(ratio("loss_ratio", "chance of each message", 0.5), _DIRECTION),
    ),
    Fault(
        name="network.loss_bursts",
        summary="messages are lost in bursts: Gilbert-Elliott, a chain of good and bad runs for each link",
        effect=CUT,
        parameters=(
            ratio("p", "chance to go from good to bad, per message", 0.3),
            ratio("r", "chance to go from bad to good, per message", 0.1, mild=0.5),
            ratio("loss_bad_ratio", "loss in a bad run (1-h)", 1.0, mild=0.5),
            ratio("loss_good_ratio", "loss in a good run (1-k)", 0.0, mild=0.0),
        ),
    ),
    Fault(
        name="network.duplicate",
        summary="messages arrive twice",
        effect=SHAPED,
        parameters=(ratio("duplicate_ratio", "chance of each message", 0.5), _DIRECTION),
    ),
    Fault(
        name="network.reorder",
        summary="messages get a delay that chosen ones skip, and so overtake others",
        effect=SHAPED,
        parameters=(
            ratio("reorder_ratio", "chance of each message", 0.5),
            ms("delay_ms", "what the chosen ones skip", 20, 500),
        ),
    ),
    Fault(
        name="network.corrupt",
        summary="bytes of a payload are flipped on the way",
        effect=SHAPED,
        parameters=(ratio("corrupt_ratio", "chance of each message", 0.3), _DIRECTION),
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
            ms("clog_ms", "mean length of a stall", 50, 5_000, low=1),
            ratio("clog_ratio", "share of time that a link is stalled", 0.5, mild=0.02, high=0.9),
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
