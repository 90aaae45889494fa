"""Names of datasets, jobs and columns as lineage brings them, and warnings about the rest."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from core.documents.text import unsafe_character
from core.errors import Invalid
from core.problems import Problem, shown

LONGEST_NAMESPACE = 500  # characters
LONGEST_NAME = 1000
PLAIN = 400
KEPT = 4_000  # short texts that were looked at; events name the same ones again and again
MAX_WARNINGS = 50
MAX_LINKS = 20_000  # pairs of columns of one event
LONGEST_WARNING = 200


class Name(NamedTuple):
    """What a dataset or a job is called."""

    namespace: str
    name: str


class Warnings:
    """What was odd, in the order in which it was found; the first `MAX_WARNINGS` are kept.

    `links_left` is how many more pairs of columns the document may tell.
    """

    def __init__(self) -> None:
        self.links_left = MAX_LINKS
        self._found: list[str] = []
        self._more = 0

    def add(self, text: str) -> None:
        if len(self._found) < MAX_WARNINGS:
            text = printable(text, LONGEST_WARNING + 1)
            self._found.append(text if len(text) <= LONGEST_WARNING else f"{text[:199]}…")
        else:
            self._more += 1

    def extend(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.add(text)

    def as_tuple(self) -> tuple[str, ...]:
        """The warnings; the last one counts those that were left out."""
        more = (f"and {self._more} more warnings",) if self._more else ()
        return (*self._found, *more)


def is_plain(text: str) -> bool:
    """Whether a text is so ordinary that nothing more needs to be looked at."""
    return 0 < len(text) <= PLAIN and text.isascii() and text.isprintable()


def text_problem(value: Any, longest: int) -> str | None:
    """Why a value is no name, as the end of a sentence; None when it is one."""
    if not isinstance(value, str) or not value:
        return "is missing" if value in (None, "") else "is not a text"
    if len(value) > longest:
        return f"is longer than {longest:,} characters"
    if not value.isascii() or not value.isprintable():
        if (unsafe := unsafe_character(value)) is not None:
            return f"holds the invisible character {unsafe}"
        if any("\ud800" <= each <= "\udfff" for each in value):
            return "holds half of a surrogate pair"
    return None


def name_in(value: Any, pointer: str, warnings: Warnings, n: int | None = None) -> Name | None:
    """The name that an object says; None, with a warning, where it is of no use.

    Args:
        pointer: where the object is; where the list is when `n` is its place in one.
    """
    problem = "it is not an object"
    if isinstance(value, dict):
        namespace: Any = value.get("namespace")
        name: Any = value.get("name")
        if isinstance(namespace, str) and isinstance(name, str):
            is_short = len(namespace) <= PLAIN and len(name) <= PLAIN
            if is_short and (plain := _plain_name(namespace, name)) is not None:
                return plain
        problem = _name_problem(namespace, name)
        if not problem:
            return Name(namespace, name)
    place = pointer if n is None else f"{pointer}/{n}"
    warnings.add(f"{place} was left out: {problem}")
    return None


@lru_cache(maxsize=KEPT)
def _plain_name(namespace: str, name: str) -> Name | None:
    return Name(namespace, name) if is_plain(namespace) and is_plain(name) else None


def _name_problem(namespace: Any, name: Any) -> str:
    for key, part, longest in (
        ("namespace", namespace, LONGEST_NAMESPACE),
        ("name", name, LONGEST_NAME),
    ):
        if (problem := text_problem(part, longest)) is not None:
            return f"its {key} {problem}"
    return ""


def required_name(value: Any, pointer: str, message: str) -> Name:
    """The name that an object must say.

    Raises:
        Invalid: it says none that can be kept.
    """
    if not isinstance(value, dict):
        needs = "It needs a `namespace` and a `name`."
        raise Invalid(message, [Problem(pointer, "required", needs)])
    parts = []
    for key, longest in (("namespace", LONGEST_NAMESPACE), ("name", LONGEST_NAME)):
        if (problem := text_problem(value.get(key), longest)) is not None:
            text = f"`{key}` {problem}; it is a text of 1 to {longest:,} characters."
            raise Invalid(message, [Problem(f"{pointer}/{key}", "bad-name", text)])
        parts.append(value[key])
    return Name(*parts)


def field_in(value: Any, pointer: str, warnings: Warnings) -> str | None:
    """A column's name; None, with a warning, where it is of no use."""
    problem = text_problem(value, LONGEST_NAME)
    if problem is None:
        return str(value)
    warnings.add(f"{pointer} was left out: the field {problem} ({shown(value)})"[:LONGEST_WARNING])
    return None


def printable(value: Any, longest: int) -> str:
    """A text to show, without what no database can keep; "" for what is none."""
    if not isinstance(value, str):
        return ""
    if value.isascii() and "\0" not in value:
        return value[:longest]
    return value[:longest].replace("\0", "").encode("utf-8", "replace").decode()
