"""The node's own ``chain.json``, read into a :class:`~alyslab.model.spec.Spec`.

Source: ``etc/config/chain.json``, ``chain-full.json`` and ``chain-dev.json`` of
AnduroProject/alys main at d5c6605; alys-system.md §1, "Constants".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from alyslab.model.errors import SpecError
from alyslab.model.spec import Retarget, Spec

_HEXADECIMAL = re.compile("(?:0x)?(?:[0-9A-Fa-f]{2})*")
_CHAIN_JSON: Mapping[str, str] = {
    "slotDuration": "slot_ms",
    "chainId": "chain_id",
    "bits": "bits",
    "maxBlocksWithoutPow": "max_blocks_without_pow",
    "bitcoinStartHeight": "bitcoin_start_height",
    "requiredBtcTxnConfirmations": "bitcoin_confirmations",
}
_RETARGET_JSON: Mapping[str, str] = {
    "powNoRetargeting": "no_retargeting",
    "powLimit": "pow_limit",
    "powLowerLimit": "pow_lower_limit",
    "powTargetTimespan": "timespan",
    "powTargetSpacing": "spacing",
    "maxPowAdjustment": "max_adjustment_percent",
}
_KEYS_JSON: Mapping[str, str] = {
    "authorities": "authorities",
    "federation": "federation",
    "federationBitcoinPubkeys": "federation_bitcoin_keys",
}


def spec_from_chain_json(document: Any, name: str) -> Spec:
    """Return the spec in the node's own ``chain.json`` format, already parsed.

    Raises :class:`SpecError` for missing or unknown keys and for values that
    are none; ``requiredBtcTxnConfirmations`` defaults to 144 as in the node.
    """
    optional = {"requiredBtcTxnConfirmations", "isValidator"}
    known = {*_CHAIN_JSON, *_KEYS_JSON, "retargetParams", "isValidator"}
    _check_keys(document, known, optional, "chain.json")
    _check_keys(document["retargetParams"], set(_RETARGET_JSON), set(), "retargetParams")
    values: dict[str, Any] = {"bitcoin_confirmations": 144}
    values |= {ours: _integer(document[key], key) for key, ours in _CHAIN_JSON.items() if key in document}
    values |= {
        ours: tuple(_hex(item, key) for item in _list(document[key], key)) for key, ours in _KEYS_JSON.items()
    }
    retarget: dict[str, Any] = {
        ours: _integer(document["retargetParams"][key], key)
        for key, ours in _RETARGET_JSON.items()
        if ours != "no_retargeting"
    }
    flag = document["retargetParams"]["powNoRetargeting"]
    if type(flag) is not bool:
        raise SpecError("not_a_flag", field="powNoRetargeting", value=flag)
    return Spec(name=name, retarget=Retarget(no_retargeting=flag, **retarget), **values)


def _check_keys(document: Any, known: set[str], optional: set[str], where: str) -> None:
    if not isinstance(document, Mapping):
        raise SpecError("not_an_object", field=where, value=document)
    for key in document:
        if key not in known:
            raise SpecError("unknown_key", field=str(key), value=document[key])
    for key in sorted(known - optional):
        if key not in document:
            raise SpecError("missing_key", field=key)


def _integer(value: Any, field: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise SpecError("not_an_unsigned_integer", field=field, value=value)
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise SpecError("not_a_list", field=field, value=value)
    return value


def _hex(value: Any, field: str) -> bytes:
    if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
        raise SpecError("not_hexadecimal", field=field, value=value)
    return bytes.fromhex(value.removeprefix("0x"))
