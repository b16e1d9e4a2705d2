from __future__ import annotations

from typing import Any

import pytest

from alyslab.harnesses.network.errors import BadMessageError, LinkError, UnknownPeerError
from alyslab.harnesses.network.message import ROW, Message, fault_of
from alyslab.harnesses.network.network import MOST_BYTES, Network
from alyslab.runtime import require_current
from tests.harnesses.network.bench import Bench, run


class Text(str):
    """Text that is not quite text; the journal could not keep it."""


def test_the_row_in_the_journal_is_the_head_of_a_message():
    """The journal takes a slice; a field that moves would put one number under another's name."""
    assert [name.replace("size_bytes", "bytes") for name in Message._fields[: len(ROW)]] == list(ROW)
    assert set(Message._fields[len(ROW) :]) == {"receiver", "payload"}


@pytest.mark.parametrize(
    ("topic", "payload", "size_bytes", "field"),
    [
        ("t", b"1234", 4, None),
        ("t", b"", None, None),
        (Text("t"), b"", None, "topic"),
        ("net.open", b"", None, "topic"),
        (7, b"", None, "topic"),
        ("t", "text", None, "payload"),
        ("t", bytearray(b"x"), None, "payload"),
        ("t", None, 5, "payload"),
        ("t", b"1234", 3, "size_bytes"),
        ("t", b"1234", 4.0, "size_bytes"),
        ("t", b"", True, "size_bytes"),
        ("t", b"", 10**30, "size_bytes"),
        ("t", bytes(101), None, "size_bytes"),
    ],
)
def test_the_field_that_can_not_be_sent_is_named(topic, payload, size_bytes, field):
    """And the quick look of the endpoint comes to the same answer as the thorough one."""
    found = fault_of(topic, payload, size_bytes, 100)
    assert (None if found is None else found[0]) == field

    async def main() -> str | None:
        bench = Bench(max_message_bytes=100)
        try:
            bench.ends["a"].send("b", topic, payload, size_bytes=size_bytes)
        except BadMessageError as error:
            return error.field
        await bench.network.quiet()
        assert len(bench.got["b"]) == 1
        return None

    assert run(main).result == field


@pytest.mark.parametrize("call", ["send", "request", "connect", "disconnect", "reset"])
@pytest.mark.parametrize("name", ["nobody", None, ["b"], "a"])
def test_whom_nobody_knows_is_refused_by_every_call(call, name):
    """A misspelt name that does nothing would pass for a fault that did nothing."""

    async def main() -> None:
        end = Bench().ends["a"]
        given: tuple[Any, ...] = (name, "t", b"") if call in ("send", "request") else (name,)

        async def called() -> None:
            done = getattr(end, call)(*given)
            if call in ("request", "connect"):
                await done

        with pytest.raises(UnknownPeerError) as caught:
            await called()
        assert caught.value.other == name

    run(main)


@pytest.mark.parametrize("most", [0, -1, 2.5, True, None, MOST_BYTES + 1, 10**30])
def test_a_limit_that_the_journal_could_not_count_is_refused(most):
    """Sizes are summed in 64 bits."""

    async def main() -> None:
        with pytest.raises(LinkError, match="max_message_bytes"):
            Network(require_current(), max_message_bytes=most)

    run(main)
