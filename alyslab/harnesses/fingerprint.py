"""Simulate one workload in this process and print its digests: what a fresh interpreter is started with.

``python -m alyslab.harnesses.fingerprint`` reads a JSON object from standard
input (``workload``, ``seed``, ``strategy``, ``parameters``) and writes one to
standard output.  It ends with 2 when the object can't be used.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alyslab.errors import BadInputError, ParameterError, Problem

WHERE = "fingerprint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The digests of one run, and what may have made them differ."""

    digest: str
    """Of the journal and the scheduling choices together."""
    journal_digest: str
    choices_digest: str
    hash_seed: str
    """``PYTHONHASHSEED`` of the process, as given; empty when it was not set."""
    text_hash: int
    """What ``hash()`` makes of one fixed text there; differs between hash seeds."""


def fingerprint(workload: str, *, seed: int, strategy: str, parameters: Mapping[str, Any]) -> Fingerprint:
    """Simulate ``workload``, a ``module:function``, and return what identifies the run.

    Raises
    ------
    ParameterError
        When there is no such function.  What the workload raises passes through.
    """
    from alyslab.runtime import simulate

    run = simulate(_load(workload), seed=seed, strategy=strategy, parameters=dict(parameters))
    return Fingerprint(
        digest=run.digest,
        journal_digest=run.journal.digest,
        choices_digest=run.choices_digest,
        hash_seed=os.environ.get("PYTHONHASHSEED", ""),
        text_hash=hash("alyslab"),  # alyslab: real - shown, to prove that it differs
    )


def _load(workload: str) -> Any:
    module, _, name = workload.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        problem = Problem(where=WHERE, key="workload", what=str(error), value=workload)
        raise ParameterError(problem) from error


def main() -> int:
    """Answer one request on standard input; return the exit code."""
    try:
        answer = fingerprint(**_request(sys.stdin.read()))
    except BadInputError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(asdict(answer)))
    return 0


def _request(text: str) -> dict[str, Any]:
    kinds = {"workload": str, "seed": int, "strategy": str, "parameters": dict}
    try:
        request = json.loads(text)
    except ValueError as error:
        raise ParameterError(Problem(where=WHERE, what=f"not JSON: {error}")) from error
    if not isinstance(request, dict):
        raise ParameterError(Problem(where=WHERE, what="not a JSON object", value=request))
    problems = [
        Problem(where=WHERE, key=name, what=f"not a {kind.__name__}", value=request.get(name))
        for name, kind in kinds.items()
        if not isinstance(request.get(name), kind)
    ]
    if problems:
        raise ParameterError(problems)
    return {name: request[name] for name in kinds}


if __name__ == "__main__":
    sys.exit(main())
