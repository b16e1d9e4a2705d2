"""Resources that run short: as modelled limits in the simulation, as real pressure on the wall clock."""

from __future__ import annotations

from typing import Final

from alyslab.chaos.families.parameters import ms, ratio
from alyslab.chaos.vocabulary import Fault, Parameter

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
            ratio("stolen_ratio", "share of each cycle that others have", 0.9, mild=0.2, high=0.99),
            ms("period_ms", "length of a cycle", 100, 2_000, low=1),
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
            ms("read_ms", "each read", 1, 300),
            ms("write_ms", "each write", 1, 300),
            ms("sync_ms", "each sync", 5, 1_500),
        ),
    ),
    Fault(
        name="resource.io_errors",
        summary="writes and syncs fail",
        effect="disk.fault: write or sync",
        parameters=(ratio("error_ratio", "chance of each operation", 0.8, mild=0.05),),
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
