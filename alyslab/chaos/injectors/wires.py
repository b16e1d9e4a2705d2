"""Rules and shapings on the network of a run, by entry, each taken back by its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from alyslab.errors import HarnessError
from alyslab.harnesses.network.rules import PASS, Decision, Drop, Hold, Rule

if TYPE_CHECKING:
    from alyslab.harnesses.network.link import LinkSpec
    from alyslab.harnesses.network.message import Message
    from alyslab.harnesses.network.network import Network
    from alyslab.harnesses.network.shaping import Shaping

Names = Iterable[str] | None


class Wires:
    """Cuts, holds and shapes links for the entries of a plan.

    A cut wins over a hold, whichever came first: what a partition drops is not
    saved by a clogged link.

    Parameters
    ----------
    network
        Where it acts; None for a system without one.
    members
        Who belongs to the system.
    """

    def __init__(self, network: Network | None, members: tuple[str, ...]) -> None:
        self._network = network
        self.members = members
        self._rules: dict[str, list[Rule]] = {}
        self._shapings: dict[str, list[Shaping]] = {}
        self._cuts: list[Rule] = []

    @property
    def network(self) -> Network:
        """The network; raises :class:`HarnessError` if the system has none."""
        if self._network is None:
            raise HarnessError("this system has no network")
        return self._network

    def cut(self, entry: str, *pairs: tuple[Names, Names]) -> None:
        """Drop what goes from the first of each pair to the second; None is everybody."""
        rules = [
            Rule(name=f"{entry}/{number}", verdict=Drop(), senders=_set(senders), receivers=_set(receivers))
            for number, (senders, receivers) in enumerate(pairs)
        ]
        self._install(entry, rules)
        self._cuts += rules

    def drop_if(self, entry: str, decide: Callable[[Message], bool]) -> None:
        """Drop messages for which ``decide`` is true."""
        rule = Rule(name=f"{entry}/0", decide=lambda message: Drop() if decide(message) else PASS)
        self._install(entry, [rule])
        self._cuts.append(rule)

    def hold(self, entry: str, senders: Names, receivers: Names) -> None:
        """Hold what goes from some to others, unless it is cut."""
        here, there = _set(senders), _set(receivers)

        def decide(message: Message) -> Decision:
            meant = (here is None or message.sender in here) and (there is None or message.receiver in there)
            if not meant or any(isinstance(rule.decision(message), Drop) for rule in self._cuts):
                return PASS
            return Hold()

        number = len(self._rules.get(entry, ()))
        self._install(entry, [Rule(name=f"{entry}/{number}", decide=decide)])

    def shape(
        self, entry: str, senders: Names, receivers: Names, change: Callable[[LinkSpec], LinkSpec]
    ) -> None:
        """Change the conditions of links."""
        shaping = self.network.shape(_set(senders), _set(receivers), change)
        self._shapings.setdefault(entry, []).append(shaping)

    def restore(self, entry: str) -> None:
        """Take back everything that an entry did."""
        rules = self._rules.pop(entry, [])
        gone = {rule.name for rule in rules}
        self._cuts = [rule for rule in self._cuts if rule.name not in gone]
        self.network.rules.remove(*rules)
        for shaping in self._shapings.pop(entry, []):
            self.network.unshape(shaping)

    def others(self, targets: Iterable[str]) -> tuple[str, ...]:
        """Return the members that are none of the targets, in order."""
        excluded = set(targets)
        return tuple(name for name in self.members if name not in excluded)

    def _install(self, entry: str, rules: list[Rule]) -> None:
        self.network.rules.install(*rules)
        self._rules.setdefault(entry, []).extend(rules)


def _set(names: Names) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
