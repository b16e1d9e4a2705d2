"""An outage under several faults counts once, for the fault after whose healing service came back."""

from __future__ import annotations

from alyslab.chaos.incidents import NS_PER_S, Incident, Injected, incidents
from alyslab.chaos.resilience import resilience

from .plans import entry, outcome

END_S = 60


def fault(name: str, start_s: float, stop_s: float) -> Injected:
    return Injected(name, "process.pause", ("a",), round(start_s * NS_PER_S), round(stop_s * NS_PER_S))


def found(*faults: Injected, **gaps: tuple[float, float | None]) -> list[Incident]:
    """What comes of members who are served each second but for a gap."""
    served = {
        member: [
            second * NS_PER_S
            for second in range(1, END_S + 1)
            if second <= since or (back is not None and second >= back)
        ]
        for member, (since, back) in gaps.items()
    }
    times = {"begin_ns": 0, "end_ns": END_S * NS_PER_S, "window_ns": 2 * NS_PER_S}
    return list(incidents(faults, served, [], **times))


def test_an_outage_under_one_fault_is_that_faults() -> None:
    """From its beginning, as service that came before is no part of the outage."""
    (one,) = found(fault("e1", 10.5, 20), a=(10, 22))

    assert (one.affected, one.shared, one.recovered) == (("a",), (), True)
    assert one.recover_s == 11.5


def test_an_outage_under_two_faults_is_that_of_the_last_to_be_healed_before_service_came_back() -> None:
    """A mean over both would count one repair twice, once from the begin of what did not cause it."""
    loss, pause = found(fault("loss", 2, 50), fault("pause", 20, 30), a=(20, 31))

    assert (loss.affected, loss.shared, loss.recover_s) == (("a",), ("a",), None)
    assert (pause.shared, pause.recover_s) == ((), 11.0)


def test_of_two_faults_that_had_ended_the_later_healing_owns_the_outage() -> None:
    """Service did not come back after the first: something held it."""
    first, second = found(fault("first", 10, 20), fault("second", 12, 30), a=(10, 31))

    assert first.shared == ("a",)
    assert second.recover_s == 19.0


def test_service_that_comes_back_while_all_go_on_is_that_of_the_last_to_begin() -> None:
    """No healing was needed; the newest is what changed last before it stopped."""
    first, second = found(fault("first", 5, 50), fault("second", 20, 50), a=(21, 28))

    assert first.recover_s is None
    assert second.recover_s == 7.0


def test_each_members_outage_finds_its_own_fault() -> None:
    """Two faults, two members, at the same time: neither repair is lost."""
    first, second = found(fault("first", 10, 20), fault("second", 10, 30), a=(10, 21), b=(10, 33))

    assert (first.shared, first.recover_s) == (("b",), 11.0)
    assert (second.affected, second.shared, second.recover_s) == (("a", "b"), ("a",), 23.0)


def test_who_never_serves_again_is_held_against_every_fault_that_it_met() -> None:
    """A member that is gone ruins the score whoever it belongs to; a time to recover there is none."""
    first, second = found(fault("first", 10, 20), fault("second", 12, 30), a=(10, None))

    assert not first.recovered
    assert not second.recovered
    assert (first.recover_s, second.recover_s) == (None, None)
    assert (first.shared, second.shared) == (("a",), ())


def test_an_outage_before_or_after_a_fault_is_not_its() -> None:
    """Nor is a pause in service that is shorter than the window."""
    before, short = found(fault("e1", 30, 40), a=(10, 20), b=(30, 32))[0], found(a=(1, 9))

    assert (before.affected, before.recover_s) == ((), None)
    assert short == []


def test_a_fault_that_does_nothing_all_the_while_makes_no_repair_look_longer() -> None:
    """The same crash, with and without a weak fault around it, in real runs."""
    crash = entry("process.crash", "one", start_s=2.0, end_s=4.5)
    slow = entry("network.latency", "all", start_s=0.5, end_s=6.0, parameters={"delay_ms": 1.0})
    alone, beside = (resilience(outcome(*entries).run.journal) for entries in ((crash,), (slow, crash)))

    assert alone.mttr_s is not None
    assert beside.mttr_s is not None
    assert abs(alone.mttr_s - beside.mttr_s) < 1.0
