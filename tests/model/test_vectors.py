"""Closed vectors: published answers that this code did not make.

Each was held against an implementation that shares nothing with the one under
test before it was written down: BIP340 and BIP341 against plain arithmetic on
the curve, BLS against py_ecc and milagro, the others by the hashes in them.
"""

from __future__ import annotations

import struct

import pytest

from alyslab.model import bls, schnorr
from alyslab.model.address import segwit_address
from alyslab.model.auxpow import tree_index
from alyslab.model.bitcoin import BitcoinHeader, BitcoinTransaction, TxInput, TxOutput, var_bytes
from alyslab.model.hashing import bitcoin_merkle_root, fold_branch, sha256, tagged_hash
from alyslab.model.multisig import digest_of, multisig_script, output_script
from alyslab.model.retarget import bits_of, target_of

_h = bytes.fromhex


@pytest.mark.parametrize(
    ("secret", "key", "message", "signature"),
    [
        (
            "0000000000000000000000000000000000000000000000000000000000000003",
            "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215"
            "25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0",
        ),
        (
            "",  # signed with other auxiliary randomness than the model's
            "dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659",
            "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89",
            "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341"
            "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a",
        ),
    ],
)
def test_bip340(secret: str, key: str, message: str, signature: str) -> None:
    """Test vectors 0 and 1 of BIP340, and what they must not be taken for."""
    if secret:
        assert schnorr.sign(int(secret, 16), _h(message)) == _h(signature)
        assert schnorr.public_key(int(secret, 16))[1:] == _h(key)
    full = b"\x02" + _h(key)
    assert schnorr.verify(full, _h(message), _h(signature))
    assert not schnorr.verify(full, sha256(_h(message)), _h(signature))
    for place in (0, 31, 32, 63):
        damaged = bytearray(_h(signature))
        damaged[place] ^= 1
        assert not schnorr.verify(full, _h(message), bytes(damaged))


def test_bip340_keys_and_halves_out_of_range_are_refused() -> None:
    """Vectors 5, 12, 13 and 14: no point, r and s beyond their fields, a key beyond the field."""
    message = _h("243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89")
    key = b"\x02" + _h("dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659")
    good = _h(
        "6896bd60eeae296db48a229ff71dfe071bde413e6d43f917dc8dcf8c78de3341"
        "8906d11ac976abccb20b091292bff4ea897efcb639ea871cfa95f6de339e4b0a"
    )
    field = _h("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")
    order = schnorr.CURVE_ORDER.to_bytes(32, "big")
    off_curve = b"\x02" + _h("eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34")
    assert schnorr.verify(key, message, good)
    assert not schnorr.verify(off_curve, message, good)
    assert not schnorr.verify(key, message, field + good[32:])
    assert not schnorr.verify(key, message, good[:32] + order)
    assert not schnorr.verify(b"\x02" + field[:-1] + b"\x30", message, good)


@pytest.mark.parametrize(
    ("internal", "script", "leaf_hash", "tweak", "output", "parity", "address"),
    [
        (
            "187791b6f712a8ea41c8ecdd0ee77fab3e85263b37e1ec18a3651926b3a6cf27",
            "20d85a959b0290bf19bb89ed43c916be835475d013da4b362117393e25a48229b8ac",
            "5b75adecf53548f3ec6ad7d78383bf84cc57b55a3127c72b9a2481752dd88b21",
            "cbd8679ba636c1110ea247542cfbd964131a6be84f873f7f3b62a777528ed001",
            "147c9c57132f6e7ecddba9800bb0c4449251c92a1e60371ee77557b6620f3ea3",
            1,
            "bc1pz37fc4cn9ah8anwm4xqqhvxygjf9rjf2resrw8h8w4tmvcs0863sa2e586",
        ),
        (
            "93478e9488f956df2396be2ce6c5cced75f900dfa18e7dabd2428aae78451820",
            "20b617298552a72ade070667e86ca63b8f5789a9fe8731ef91202a91c9f3459007ac",
            "c525714a7f49c28aedbbba78c005931a81c234b2f6c99a73e4d06082adc8bf2b",
            "6af9e28dbf9d6aaf027696e2598a5b3d056f5fd2355a7fd5a37a0e5008132d30",
            "e4d810fd50586274face62b8a807eb9719cef49c04177cc6b76a9a4251d5450e",
            0,
            "bc1punvppl2stp38f7kwv2u2spltjuvuaayuqsthe34hd2dyy5w4g58qqfuag5",
        ),
    ],
)
def test_bip341_outputs_of_one_leaf(
    *, internal: str, script: str, leaf_hash: str, tweak: str, output: str, parity: int, address: str
) -> None:
    """The federation's output is made in these very steps: leaf, tweak, output key, address."""
    leaf = tagged_hash("TapLeaf", b"\xc0" + var_bytes(_h(script)))
    assert leaf == _h(leaf_hash)
    assert tagged_hash("TapTweak", _h(internal) + leaf) == _h(tweak)
    assert schnorr.tweak_add(_h(internal), _h(tweak)) == (_h(output), parity)
    assert segwit_address(_h(output), 1, "bc") == address


def test_bip143_digest_of_a_multisignature() -> None:
    """The 6-of-6 example of BIP143: the script's hash and the digest for "all" are the published ones."""
    keys = [
        _h("0307b8ae49ac90a048e9b53357a2354b3334e9c8bee813ecb98e99a7e07e8c3ba3"),
        _h("03b28f0c28bfab54554ae8c658ac5c3e0ce6e79ad336331f78c428dd43eea8449b"),
        _h("034b8113d703413d57761b8b9781957b8c0ac1dfe69f492580ca4195f50376ba4a"),
        _h("033400f6afecb833092a9a21cfdf1ed1376e58c5d1f47de74683123987e967a8f4"),
        _h("03a6d48b1131e94ba04d9737d61acdaa1322008af9602b3b14862c07a1789aac16"),
        _h("02d8b661b0b3302ee2f162b09e07a55ad5dfbe673a9f01d9f0c19617681024306b"),
    ]
    script = multisig_script(keys, 6)
    assert output_script(script).hex() == (
        "0020a16b5755f7f6f96dbd65f5f0d6ab9418b89af4b1f14a1bb8a09062c35f0dcb54"
    )
    txid = _h("36641869ca081e70f394c6948e8af409e18b619df2ed74aa106c1ca29787b96e")
    transaction = BitcoinTransaction(
        version=1,
        inputs=(TxInput(txid=txid, vout=1, sequence=0xFFFF_FFFF),),
        outputs=(
            TxOutput(value_sat=900_000_000, script=_h("76a914389ffce9cd9ae88dcc0631e88a821ffdbe9bfe2688ac")),
            TxOutput(value_sat=87_000_000, script=_h("76a9147480a33f950689af511e6e84c138dbbd3c3ee41588ac")),
        ),
    )
    spent = [TxOutput(value_sat=987_654_321, script=output_script(script))]
    assert digest_of(transaction, spent, 0, script).hex() == (
        "185c0be5263dce5b4bb50a047973c1b6272bfbd0103a89444597dc40b248ee7c"
    )


KEY_A = "b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9f829fdd7963afdf972e5e77854051f6f"
KEY_B = "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a"
SIGNED_A = (
    "ae82747ddeefe4fd64cf9cedb9b04ae3e8a43420cd255e3c7cd06a8d88b7c7f8638543719981c5d16fa3527c468c25f0"
    "026704a6951bde891360c7e8d12ddee0559004ccdbe6046b55bae1b257ee97f7cdb955773d7cf29adf3ccbb9975e4eb9"
)
SIGNED_B = (
    "882730e5d03f6b42c3abc26d3372625034e1d871b65a8a6b900a56dae22da98abbe1b68f85e49fe7652a55ec3d0591c2"
    "0767677e33e5cbb1207315c41a9ac03be39c2e7668edc043d6cb1d9fd93033caa8a1c5b0e84bedaeb6c64972503a43eb"
)


@pytest.mark.parametrize(
    ("key", "message", "signature", "holds"),
    [
        (KEY_A, "ab" * 32, SIGNED_A, True),  # verify_valid_case_195246ee3bd3b6ec
        (KEY_B, "56" * 32, SIGNED_B, True),  # verify_valid_case_2ea479adf8c40300
        (
            KEY_A,
            "ab" * 32,
            SIGNED_A[:-8] + "ffffffff",
            False,
        ),  # verify_tampered_signature_case_195246ee3bd3b6ec
        (KEY_A, "bb" + "ab" * 31, SIGNED_A, False),
        (KEY_B, "ab" * 32, SIGNED_A, False),  # another's key
        (
            "c0" + "00" * 47,
            "ab" * 32,
            "c0" + "00" * 95,
            False,
        ),  # verify_infinity_pubkey_and_infinity_signature
    ],
)
def test_ethereum_verify(key: str, message: str, signature: str, holds: bool) -> None:
    """Cases of ethereum/bls12-381-tests, "verify"."""
    assert bls.verify([_h(key)], _h(message), _h(signature)) is holds


@pytest.mark.parametrize(
    ("secret", "message", "signature"),
    [
        (
            0x47B8192D77BF871B62E87859D653922725724A5C031AFEABC60BCEF5FF665138,
            "00" * 32,
            "b23c46be3a001c63ca711f87a005c200cc550b9429d5f4eb38d74322144f1b63926da3388979e5321012fb1a0526bcd1"
            "00b5ef5fe72628ce4cd5e904aeaa3279527843fae5ca9ca675f4f51ed8f83bbf7155da9ecc9663100a885d5dc6df96d9",
        ),
        (0x328388AFF0D4A5B7DC9205ABD374E7E98F3CD9F3418EDB4EAFDA5FB16473D216, "ab" * 32, SIGNED_A),
        (0x263DBD792F5B1BE47ED85F8938C0F29586AF0D3AC7B977F21C278FE1462040E3, "56" * 32, SIGNED_B),
    ],
)
def test_ethereum_sign(secret: int, message: str, signature: str) -> None:
    """Cases of ethereum/bls12-381-tests, "sign"."""
    assert bls.sign([secret], _h(message)) == _h(signature)


def _header(raw: str) -> BitcoinHeader:
    version, previous, root, time_s, bits, nonce = struct.unpack("<I32s32sIII", _h(raw))
    return BitcoinHeader(
        version=version, previous=previous, merkle_root=root, time_s=time_s, bits=bits, nonce=nonce
    )


def test_bitcoins_first_block() -> None:
    """Header, hash and work of the genesis block; its root is the id of its only transaction."""
    raw = (
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
        "67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
    )
    header = _header(raw)
    assert header.serialised == _h(raw)
    assert header.hash[::-1].hex() == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    assert int.from_bytes(header.hash, "little") <= target_of(header.bits)
    assert bits_of(target_of(header.bits)) == header.bits == 0x1D00FFFF
    coinbase = BitcoinTransaction(
        version=1,
        inputs=(
            TxInput(
                txid=bytes(32),
                vout=0xFFFF_FFFF,
                script_sig=_h(
                    "04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f"
                )
                + _h("72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73"),
                sequence=0xFFFF_FFFF,
            ),
        ),
        outputs=(
            TxOutput(
                value_sat=5_000_000_000,
                script=_h(
                    "4104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f3"
                )
                + _h("5504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"),
            ),
        ),
    )
    assert bitcoin_merkle_root([coinbase.txid]) == header.merkle_root


def test_an_odd_row_ends_twice() -> None:
    """Bitcoin's rule, and the weakness CVE-2012-2459: three ids have the root of four with the last twice."""
    ids = [sha256(bytes([number])) for number in range(3)]
    assert bitcoin_merkle_root(ids) == bitcoin_merkle_root([*ids, ids[-1]])
    assert bitcoin_merkle_root(ids) != bitcoin_merkle_root([*ids, bytes(32)])


def test_a_real_proof_of_merged_mining() -> None:
    """Block 91510 of Syscoin, mined with Bitcoin in July 2018: branches, place in the tree, and work.

    Its commitment stands in the coinbase's input, as the merged-mining
    specification has it; Alys's stands in an output.  The rest is the same.
    """
    block = _h("0cf18712db68be85793dc06cd0a4fbc8edb166157e6847bb3c9f55d462b02837")[::-1]
    chain_branch = [
        _h("89af0bc973bc0308f14c5c50c3d75f68783eab40a4688064cd56cfaed977d138")[::-1],
        _h("5360cbf0991b4b0e09d589631c232d1f229104faad9e65375695230c47bc2493")[::-1],
    ]
    coinbase_branch = [
        _h("a67d749dfa7006b9d66d2284b20a64ebcb8c2e5aae18e355c790b90a060a30c1")[::-1],
        _h("9ab5c057ecf43aa0552c21be4f86b1c9b248fe2dd0821bee38e5a25a22c49c25")[::-1],
        _h("ec11fd79e02fe98bf9f4b624e5460a3221dbae27d24f36c9988dcc5beaf3c592")[::-1],
        _h("dbc42b7360a7165b277f73094a366e951d3ac6d6a1e9493d838d35372e5e846b")[::-1],
        _h("c7260dbfb6b196bd2e4e4dbde1799592627a3e6fa384e6692be8387a9251e5e2")[::-1],
    ]
    parent = _header(
        "0000002024653d98f3eace4b66b6269fa9205e08b647e23cf7880e0000000000000000003feae4c877b2f8b73f6f92a5"
        "89ed8870fe98abb3551f1539373597f5b44514ada9993f5bb1830118d5793688"
    )
    script = _h(
        "03dd3408142f5669614254432f626d67706f6f6c2e636f6d2f2cfabe6d6d75654ab7a6b163e7a04e56e43f8e7ca0"
    )
    script += _h("087f11e8bd6c3c72c69732e849532878040000000000000010d51dbb0b9301409ff96ef9f588c50200")
    coinbase = BitcoinTransaction(
        version=1,
        inputs=(TxInput(txid=bytes(32), vout=0xFFFF_FFFF, script_sig=script, sequence=0xFFFF_FFFF),),
        outputs=(
            TxOutput(
                value_sat=1_250_054_592, script=_h("76a914f1c075a01882ae0972f95d3a4177c86c852b7d9188ac")
            ),
        ),
    )
    place = script.index(_h("fabe6d6d")) + 4
    root, (size, nonce) = script[place : place + 32][::-1], struct.unpack("<II", script[place + 32 :][:8])
    assert size == 1 << len(chain_branch)
    side = tree_index(nonce, 0x1000, len(chain_branch))  # 0x1000 is Syscoin's chain id
    assert side == 2
    assert fold_branch(block, chain_branch, side) == root
    assert fold_branch(block, chain_branch, 1) != root
    assert fold_branch(coinbase.txid, coinbase_branch, 0) == parent.merkle_root
    assert parent.hash[::-1].hex() == "000000000000000004bdb8e3fdf28ffc528f4e6b1871a6177579cbd4dabde955"
    assert int.from_bytes(parent.hash, "little") <= target_of(0x180761DB)  # Syscoin's target then
