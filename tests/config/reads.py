"""Find which configuration keys a source text reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping


def keys_read(source: str, sections: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return each (section, key) that the text reads as an attribute.

    Seen are ``anything.execution.jobs``; ``x.jobs`` where ``x`` was bound to
    ``anything.execution`` somewhere in the text; and ``x.jobs`` where ``x`` is
    annotated with the section's class.  What is only assigned, deleted or said
    in a string is no read.

    Parameters
    ----------
    source
        Python source text.
    sections
        The name of each section's class, by the section's name.
    """
    tree = ast.parse(source)
    names = {**dict(_bound(tree, sections)), **dict(_annotated(tree, sections))}
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        of = node.value
        if isinstance(of, ast.Attribute) and of.attr in sections:
            found.add((of.attr, node.attr))
        elif isinstance(of, ast.Name) and of.id in names:
            found.add((names[of.id], node.attr))
    return found


def _bound(tree: ast.AST, sections: Iterable[str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and isinstance(
            node.value, ast.Attribute
        ):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and node.value.attr in sections:
                    yield target.id, node.value.attr


def _annotated(tree: ast.AST, sections: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    by_class = {name: section for section, name in sections.items()}
    for node in ast.walk(tree):
        annotation = node.annotation if isinstance(node, ast.arg) else None
        if isinstance(node, ast.arg) and isinstance(annotation, ast.Name) and annotation.id in by_class:
            yield node.arg, by_class[annotation.id]
