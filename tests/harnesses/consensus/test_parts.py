from __future__ import annotations

from random import Random

from alyslab.harnesses.consensus.approvals import approve, signers_of
from alyslab.harnesses.consensus.evidence import Evidence
from alyslab.harnesses.consensus.gossip import Gossip
from alyslab.harnesses.consensus.pegins import PegInWatch
from alyslab.harnesses.consensus.pegouts import PegoutBook
from alyslab.harnesses.consensus.pool import Pool
from alyslab.harnesses.consensus.scores import BAN_S, COSTS, FULL, Scores
from alyslab.harnesses.consensus.wire import PegoutSignatures
from alyslab.harnesses.network.network import Network
from alyslab.model.candidates import Approval
from alyslab.model.generate import Builder
from alyslab.model.mining import template
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import Shape
from alyslab.runtime import require_current, simulate
from tests.harnesses.consensus.blocks import Chainlet

ONE, OTHER = b"\1" * 32, b"\2" * 32


def test_forged_approvals_are_named_wherever_they_stand() -> None:
    """A batch must tell exactly what one check after the other would."""
    chainlet = Chainlet(members=4)
    scheme, keys = chainlet.scheme, chainlet.spec.authorities
    good = [approve(secret, index, ONE, scheme) for index, secret in enumerate(chainlet.secrets)]
    batch = [good[0], Approval(ONE, 1, b"\0" * 96), good[2], Approval(ONE, 9, good[1].point), good[3]]

    may = [keys[each.authority : each.authority + 1] for each in batch]
    assert signers_of(batch, may, scheme) == [keys[0], None, keys[2], None, keys[3]]
    assert signers_of([], [], scheme) == []


def test_a_signature_of_another_authority_is_forged() -> None:
    """Otherwise one member could approve for all."""
    chainlet = Chainlet(members=4)
    mine = approve(chainlet.secrets[0], 0, ONE, chainlet.scheme)

    stolen = [Approval(ONE, 1, mine.point), Approval(OTHER, 0, mine.point)]

    keys = chainlet.spec.authorities
    assert signers_of(stolen, [keys[1:2], keys[:1]], chainlet.scheme) == [None, None]


def test_while_the_federation_may_change_both_of_its_keys_are_tried() -> None:
    """An approval names a place and no height; an honest member's must not count as forged."""
    chainlet = Chainlet(members=4)
    keys, mine = chainlet.spec.authorities, approve(chainlet.secrets[2], 0, ONE, chainlet.scheme)

    assert signers_of([mine], [(keys[0], keys[2])], chainlet.scheme) == [keys[2]]


def test_two_blocks_of_one_slot_are_evidence_once() -> None:
    """Each pair is one proof; a copy of a block is none."""
    evidence = Evidence()

    assert evidence.block(7, 2, ONE) is None
    assert evidence.block(7, 2, ONE) is None
    found = evidence.block(7, 2, OTHER)
    assert found is not None
    assert (found.authority, found.slot, found.first, found.second) == (2, 7, ONE, OTHER)
    assert evidence.block(7, 2, OTHER) is None
    assert evidence.block(8, 2, OTHER) is None


def test_two_approvals_of_one_slot_are_evidence() -> None:
    """An honest authority keeps its votes on its disk, so it never does that."""
    evidence = Evidence()
    assert evidence.approval(1, ONE) is None  # nobody knows the slot yet
    evidence.block(7, 2, ONE)
    evidence.block(7, 2, OTHER)

    assert evidence.approval(1, ONE) is None
    found = evidence.approval(1, OTHER)

    assert found is not None
    assert found.what == "approval"


def test_offences_cost_points_until_a_ban_that_ends() -> None:
    """Who talks nonsense is not listened to; who did so once is."""
    now = [0.0]
    rows: list[tuple[object, ...]] = []
    scores = Scores(lambda: now[0], lambda *row: rows.append(row))

    scores.offend("peer", "malformed", "rule")
    assert not scores.banned("peer")
    assert scores.points("peer") == FULL - COSTS["malformed"]
    for _ in range(4):
        scores.offend("peer", "malformed", "rule")

    assert scores.banned("peer")
    assert not scores.banned("other")
    assert rows[-1] == ("peer", "malformed", "rule", 0.0, True)
    now[0] = BAN_S + 1
    assert not scores.banned("peer")


def test_a_score_heals_with_time() -> None:
    """A line that spoils a message now and then must not end in a ban."""
    now = [0.0]
    scores = Scores(lambda: now[0], lambda *_: None)

    for number in range(50):
        now[0] = number * 30.0
        scores.offend("peer", "malformed", "rule")

    assert not scores.banned("peer")


def builder() -> Builder:
    made = Builder(Random(3), Shape(authorities=4, pegin_interval=0, pegout_interval=0), IdealScheme())
    made.extend(2)
    return made


def test_the_pool_gives_what_a_block_can_run() -> None:
    """A producer that puts in what can't be run loses its slot."""
    made, pool = builder(), Pool()
    chain, user = made.chain, made.users[0]
    nonce = chain.state.nonce(user)
    gap = [made.transfer(user, user, 1, nonce + ahead) for ahead in (0, 1, 3)]
    rich = made.transfer(made.users[1], user, 10**30, chain.state.nonce(made.users[1]))

    for transaction in [*gap, rich]:
        pool.add(transaction, chain.state)
    taken = pool.take(chain.state, chain.head.block.payload, most=10)

    assert taken == gap[:2]
    made.append(*made.draft(transactions=taken))
    assert pool.take(made.chain.state, made.chain.head.block.payload, most=10) == []


def test_the_pool_takes_one_transaction_for_a_nonce() -> None:
    """The first stays; used nonces are none."""
    made, pool = builder(), Pool()
    state, user = made.chain.state, made.users[0]
    nonce = state.nonce(user)

    assert pool.add(made.transfer(user, user, 1, nonce), state)
    assert not pool.add(made.transfer(user, user, 2, nonce), state)
    assert not pool.add(made.transfer(user, user, 1, nonce - 1), state) or nonce == 0
    assert len(pool) == 1


def test_payments_wait_until_they_are_deep_enough_and_are_offered_until_credited() -> None:
    """A payment that is credited at depth 2 can vanish; one that is credited twice is money from nothing."""
    made = builder()
    chain, watch = made.chain, PegInWatch(made.bitcoin, 0)
    credited = len(chain.wallet.credited)
    assert credited > 0
    assert watch.ripe(chain) == ()

    payment = made.pay_federation(made.users[0], 12_345)
    assert watch.ripe(chain) == ()
    for _ in range(chain.spec.bitcoin_confirmations):
        made.bitcoin.append()

    assert watch.ripe(chain) == (payment,)
    made.append(*made.draft(pegins=watch.ripe(chain)))
    assert watch.ripe(chain) == ()
    assert len(watch.ripe(chain, offer_again=True)) > 1


def test_a_reorganisation_of_bitcoin_is_noticed() -> None:
    """What was cut off must not be pegged in from memory."""
    made = builder()
    watch, chain = PegInWatch(made.bitcoin, 0), made.chain
    made.pay_federation(made.users[0], 12_345)
    for _ in range(5):
        made.bitcoin.append()
    assert len(watch.ripe(chain)) == 1

    made.bitcoin.cut(len(made.bitcoin.blocks) - 6)
    for _ in range(8):
        made.bitcoin.append()

    assert watch.ripe(chain) == ()


def test_a_payment_waits_for_the_threshold_of_signatures() -> None:
    """V1 leaves it out instead, and rejects its own block for the number of payments."""
    made = builder()
    made.append(*made.draft(transactions=[made.burn(20_000_000)]))
    made.extend(1)
    chain, book = made.chain, PegoutBook()
    header = template(chain, bytes(20))
    given = [
        signature
        for member, secret in enumerate(made.bitcoin_secrets)
        for signature in PegoutBook().sign(chain, header, member, secret)
    ]
    assert len(given) == 4

    assert [book.offer(chain, each) for each in given[:2]] == ["counted", "counted"]
    assert book.signed(chain, header) is None
    assert book.signed(chain, header, skip_missing=True) == ()
    assert book.offer(chain, given[0]) == "again"
    forged = PegoutSignatures(given[3].txid, 3, given[2].signatures)
    assert book.offer(chain, forged) == "forged"
    assert book.offer(chain, PegoutSignatures(given[3].txid, 200, given[2].signatures)) == "forged"
    assert book.offer(chain, given[2]) == "counted"

    signed = book.signed(chain, header)
    assert signed is not None
    assert [transaction.txid for transaction in signed] == [given[0].txid]


def test_signatures_over_an_unknown_payment_are_kept_for_it() -> None:
    """A node that is a block behind gets them before the payment."""
    made = builder()
    made.append(*made.draft(transactions=[made.burn(20_000_000)]))
    before, book = made.node(), PegoutBook()
    for signed in made.blocks:
        before.import_block(signed, signed.block.slot * made.spec.slot_ms)
    made.extend(1)
    header = template(made.chain, bytes(20))

    outcomes = [
        book.offer(before, given)
        for member in range(3)
        for given in PegoutBook().sign(made.chain, header, member, made.bitcoin_secrets[member])
    ]

    assert outcomes == ["held"] * 3
    assert book.signed(made.chain, header) is not None


def test_a_payment_is_signed_once() -> None:
    """Signing again in every slot cost a federation a tenth of its time; what is finalised is let go."""
    made = builder()
    made.append(*made.draft(transactions=[made.burn(20_000_000)]))
    made.extend(1)
    header, book = template(made.chain, bytes(20)), PegoutBook()

    first, again = (book.sign(made.chain, header, 0, made.bitcoin_secrets[0]) for _ in range(2))

    assert first == again
    assert first[0] is again[0]


def test_gossip_tells_new_bytes_from_known_and_from_repeated_ones() -> None:
    """Copies that a line makes are nobody's doing, whichever comes first."""

    async def main() -> list[str]:
        runtime = require_current()
        network = Network(runtime)
        gossip = Gossip(network.endpoint(runtime.node("a")), ("b", "c"), relay=True)
        gossip.publish("topic", b"own")
        return [
            gossip.came(payload, sender, copy)
            for payload, sender, copy in (
                (b"x", "b", 0),
                (b"x", "c", 0),
                (b"x", "b", 1),
                (b"x", "b", 0),
                (b"own", "b", 0),
                (b"y", "b", 1),
                (b"y", "b", 0),
                (b"y", "b", 0),
            )
        ]

    assert simulate(main, seed=1).result == [
        *("new", "known", "known", "again"),
        *("known", "new", "known", "again"),
    ]
