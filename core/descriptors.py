"""What the readers of descriptor standards (ODCS, ODPS) have in common."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.documents import Document
from core.problems import Problem, has_errors, shown

Node = Mapping[str, Any]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Verdict:
    """Whether a document keeps the standard and the rules inside it; nothing about the portal."""

    valid: bool
    problems: tuple[Problem, ...]  # in the order of the document; warnings may stand in a valid one
    declared: str | None  # apiVersion as written
    latest_valid: bool | None  # under `latest`; None when the document could not be read
    latest: str  # newest version of the standard, e.g. "3.2.0"


def verdict_of(
    document: Document,
    *,
    declared: str | None,
    found: Iterable[Problem],
    rules: Sequence[Problem],
    fits_latest: bool,
    latest: str,
) -> Verdict:
    """What the schema (`found`) and the rules inside the document come to.

    Args:
        fits_latest: whether the schema of the version `latest` accepts it.
    """
    problems = [*duplicate_keys(document), *found, *rules]
    return Verdict(
        valid=not has_errors(problems),
        problems=in_order(problems, document),
        declared=declared,
        latest_valid=fits_latest and not document.duplicate_keys and not has_errors(rules),
        latest=latest,
    )


def text_of(node: Node, field: str) -> str:
    """The field as text; "" where it is absent."""
    value = node.get(field)
    return "" if value is None else str(value)


def texts_of(node: Node, field: str) -> tuple[str, ...]:
    """A list of texts; empty where it is absent."""
    return tuple(str(each) for each in node.get(field) or ())


def custom_properties(node: Node) -> dict[str, Any]:
    """`customProperties` as one mapping."""
    entries = node.get("customProperties") or ()
    return {str(each["property"]): each.get("value") for each in entries if "property" in each}


def declared_version(data: Any) -> str | None:
    """`apiVersion` as written."""
    version = data.get("apiVersion") if isinstance(data, Mapping) else None
    return None if version is None else str(version)


def duplicate_keys(document: Document) -> list[Problem]:
    """A problem for every key that stands twice in one mapping."""
    message = "This key stands twice; remove one, or its first value is lost."
    return [Problem(pointer, "duplicate-key", message) for pointer in document.duplicate_keys]


def repeated(entries: Any, pointer: str, field: str) -> Iterator[Problem]:
    """A problem for each entry of a list whose `field` stands in an earlier one."""
    if not isinstance(entries, list):
        return
    first: dict[tuple[type, Any], int] = {}
    for at, entry in enumerate(entries):
        value = entry.get(field) if isinstance(entry, Mapping) else None
        if not isinstance(value, str | int | float) or value == "":
            continue
        earlier = first.setdefault((type(value), value), at)
        if earlier != at:
            message = (
                f"`{shown(value)}` is also entry {earlier + 1}; give one of them another {field}."
            )
            yield Problem(f"{pointer}/{at}/{field}", f"duplicate-{field}", message)


def impossible_days(node: Node, pointer: str, fields: tuple[str, ...]) -> Iterator[Problem]:
    """A problem for each field with a day that no calendar has, and for days in the wrong order."""
    days: list[dt.date] = []
    for field in fields:
        found = _DAY.match(text_of(node, field))
        if found is None:
            continue
        try:
            days.append(dt.date.fromisoformat(found[0]))
        except ValueError:
            message = f"There is no day {found[0]}; correct `{field}`."
            yield Problem(f"{pointer}/{field}", "not-a-date", message)
    if days != sorted(days):
        message = f"`{fields[-1]}` is before `{fields[0]}`; correct one of them."
        yield Problem(f"{pointer}/{fields[-1]}", "impossible-dates", message)


def in_order(problems: Iterable[Problem], document: Document) -> tuple[Problem, ...]:
    """The problems with their lines, in the order of the document."""
    placed = [
        problem if problem.line else replace(problem, line=document.line_of(problem.pointer))
        for problem in problems
    ]
    return tuple(sorted(placed, key=lambda problem: problem.line or 0))
