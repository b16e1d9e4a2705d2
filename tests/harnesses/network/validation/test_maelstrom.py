"""Maelstrom's workload: exact counts, clients as Jepsen's, and planted bugs that show."""

from __future__ import annotations

import math
from random import Random

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.validation import maelstrom
from alyslab.harnesses.network.validation.clients import SERVICE_MS, Clients
from alyslab.harnesses.network.validation.maelstrom import broadcast, maelstrom_topology
from alyslab.harnesses.network.validation.stable_latency import (
    PUBLISHED_MESSAGES,
    expected_quantiles,
    quantiles_ms,
    stable_latencies_ms,
)
from alyslab.harnesses.network.validation.studies import (
    broadcasts,
    latencies,
    latency_check,
    message_checks,
)
from alyslab.runtime import require_current, simulate


@pytest.mark.parametrize(("name", "links"), [("grid", 40), ("line", 24), ("total", 300), ("tree4", 24)])
def test_topologies_are_maelstroms(name: str, links: int) -> None:
    """The published counts hang on the number of links: 2E - 24 messages each."""
    topology = maelstrom_topology(name, 25).require_connected()

    assert len(topology.links) == links
    messages, count = PUBLISHED_MESSAGES[name]
    assert messages == count * (2 * links - 24)


def test_a_grid_that_is_not_square_is_connected() -> None:
    """Five nodes: two rows of at most three, as Maelstrom's first example (986 broadcasts, 5916 messages)."""
    topology = maelstrom_topology("grid", 5)

    assert topology.links == ((0, 1), (0, 3), (1, 2), (1, 4), (3, 4))
    assert 986 * (2 * len(topology.links) - 4) == 5_916


@pytest.mark.parametrize(("name", "nodes"), [("ring", 25), ("tree0", 25), ("grid", 0)])
def test_what_maelstrom_does_not_have_is_refused(name: str, nodes: int) -> None:
    """Another topology would be held against figures that are not its own."""
    with pytest.raises(ParameterError):
        maelstrom_topology(name, nodes)


@pytest.mark.parametrize("given", [{"broadcasts": 0}, {"latency_ms": -1.0}, {"rate_per_s": 0.0}])
def test_impossible_parameters_are_refused(given) -> None:
    """Before anything starts."""
    with pytest.raises(ParameterError):
        simulate(broadcast, seed=1, parameters=given)


@pytest.fixture(scope="module")
def runs():
    return broadcasts(3, total=5)


def test_messages_agree_exactly(runs) -> None:
    """Every message that a server received, counted in the journal."""
    checks = message_checks(runs)

    assert [check.passed for check in checks] == [True] * 4
    assert checks[0].observed == 56_280


def test_a_server_that_sends_back_is_caught() -> None:
    """The planted bug is the naive flood that Maelstrom's tutorial begins with."""
    run = simulate(broadcast, seed=3, parameters={"broadcasts": 20}, planted=["validation.send_back"])

    assert message_checks({"grid": run})[0].passed is False


def test_no_broadcast_is_inconclusive_and_not_a_success() -> None:
    """A run in which nothing was broadcast shows nothing."""

    async def nothing() -> None:
        return None

    assert message_checks({"grid": simulate(nothing, seed=1)})[0].passed is None


def test_stable_latency_never_exceeds_the_longest_way(runs) -> None:
    """Eight hops of 100 ms on the grid, one on the full mesh."""
    assert 400 < max(stable_latencies_ms(runs["grid"].journal)) <= 800
    assert max(stable_latencies_ms(runs["total"].journal), default=0) <= 100


def test_slow_links_are_caught_by_the_longest_way() -> None:
    """The planted bug stretches every link by a fifth."""
    given = {"topology": "total", "broadcasts": 20}
    right = simulate(broadcast, seed=3, parameters=given)
    wrong = simulate(broadcast, seed=3, parameters=given, planted=["validation.slow_links"])

    assert max(stable_latencies_ms(right.journal)) <= 100 < max(stable_latencies_ms(wrong.journal))


def test_published_latencies_lie_within_sampling_error() -> None:
    """All sixteen quantiles, each within three standard deviations of one measurement."""
    assert latency_check(latencies(5, measurements=30)).passed is True


@pytest.mark.parametrize("slower", [0.9, 1.2])
def test_latencies_of_another_network_are_refuted(slower: float) -> None:
    """The check must bite in both directions."""
    assert latency_check(expected_quantiles("total", seed=5, measurements=30, slower=slower)).passed is False


def test_clients_swing_between_two_nodes_until_operations_overlap() -> None:
    """The bias of Jepsen's scheduler, which the published figures show."""
    clients = Clients(25, Random(1))
    apart = [clients.invoke(100.0 * i)[0] for i in range(20)]
    together = [clients.invoke(10_000.0 + 0.01 * i)[0] for i in range(25)]

    assert len(set(apart)) == 2
    assert sorted(together) == list(range(25))
    assert clients.invoke(10_000.3) == (-1, 0.0)


def test_operations_take_their_time() -> None:
    """Two ms at least: what keeps the largest figure of a full mesh below 100."""
    clients = Clients(5, Random(2))

    assert min(clients.invoke(1_000.0 * i)[1] for i in range(50)) >= SERVICE_MS


def test_quantiles_are_jepsens() -> None:
    """Index ⌊n·p⌋, not an interpolation."""
    assert quantiles_ms([5.0, 1.0, 3.0, 2.0]) == (3.0, 5.0, 5.0, 5.0)
    assert all(math.isnan(value) for value in quantiles_ms([]))


async def told_nonsense() -> list[int]:
    """Let a stranger send a server what is no value, then a value; return what it took."""
    runtime = require_current()
    network = Network(runtime)
    ends = [network.endpoint(runtime.node(name)) for name in ("server", "stranger", "neighbour")]
    network.join("server", "stranger")
    network.join("server", "neighbour")
    ends[2].on_message(lambda _: None)
    server = maelstrom._Server(runtime, ends[0])
    for payload in (b"", b"1234567", b"123456789", b"\xff" * 8, b"\xff" * 9_000, (5).to_bytes(8, "big")):
        ends[1].send("server", maelstrom.TOPIC, payload)
    await network.quiet()
    return sorted(server._seen)


def test_what_is_no_value_is_not_taken_and_raises_nothing() -> None:
    """A hostile peer's bytes never raise out of the harness, nor does the journal choke on them."""
    assert simulate(told_nonsense, seed=1).result == [5]
