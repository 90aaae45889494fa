"""What is refused before a rule or an input reaches the library: it has no limits of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_SOURCE = 4096  # bytes of UTF-8
MAX_MACROS = 4
MAX_NESTING = 2  # of macros in macros
MAX_LIST = 1_000  # entries of a list or map in an input
MAX_INPUT = 1_000_000  # bytes of one input as JSON
MAX_DEPTH = 20  # of an input
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
# what the library knows beside operators
FUNCTIONS = frozenset(
    {
        "bytes",
        "contains",
        "double",
        "duration",
        "dyn",
        "endsWith",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getFullYear",
        "getHours",
        "getMilliseconds",
        "getMinutes",
        "getMonth",
        "getSeconds",
        "has",
        "int",
        "matches",
        "size",
        "startsWith",
        "string",
        "timestamp",
        "type",
        "uint",
    }
)
_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<text>[rRbB]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@dataclass(frozen=True)
class RuleProblem:
    """What is wrong with a rule, and where: 1-based line and column."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"Line {self.line}, character {self.column}: {self.message}"


@dataclass(frozen=True)
class Token:
    """A name, number, text or mark of a rule, with its place."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Shape:
    """What a rule consists of, as far as the limits ask."""

    macros: list[int]  # where each stands
    too_deep: list[int]  # those that stand in too many others
    bound: frozenset[str]  # names that macros give to entries
    names: list[Token]  # names that stand for facts or functions


def tokens_of(source: str) -> Iterator[Token]:
    """The tokens of a rule, without space and comments."""
    for match in _TOKEN.finditer(source):
        if match.lastgroup != "skip":
            yield Token(match.lastgroup or "", match[0], match.start())


def shape_of(source: str) -> Shape:
    """Macros, their nesting, and the free names of a rule; one pass, never fails."""
    tokens = list(tokens_of(source))
    macros: list[int] = []
    too_deep: list[int] = []
    bound: set[str] = set()
    names: list[Token] = []
    open_marks: list[bool] = []  # whether each open bracket is a macro's
    for before, token, after, then in _windows(tokens):
        if token.text in {"(", "[", "{"}:
            is_macro = token.text == "(" and before is not None and before.at in macros
            open_marks.append(is_macro)
            if is_macro and after is not None and then is not None and then.text == ",":
                bound.add(after.text)
        elif token.text in {")", "]", "}"} and open_marks:
            open_marks.pop()
        elif token.kind == "name":
            is_member = before is not None and before.text == "."
            is_call = after is not None and after.text == "("
            if is_member and is_call and token.text in MACROS:
                macros.append(token.at)
                if sum(open_marks) >= MAX_NESTING:
                    too_deep.append(token.at)
            elif not is_member:
                names.append(token)
    return Shape(macros, too_deep, frozenset(bound), names)


def _windows(
    tokens: list[Token],
) -> Iterator[tuple[Token | None, Token, Token | None, Token | None]]:
    """Each token with the one before and the two after it."""
    padded: list[Token | None] = [None, *tokens, None, None]
    for index, token in enumerate(tokens):
        yield padded[index], token, padded[index + 2], padded[index + 3]


def refused(source: str) -> list[RuleProblem]:
    """Why a rule is not even read: empty, too long, or too many loops in loops."""
    if not source.strip():
        return [RuleProblem(1, 1, "Write a rule that is true or false.")]
    if len(source.encode()) > MAX_SOURCE:
        return [RuleProblem(1, 1, f"The rule is longer than {MAX_SOURCE:,} bytes; split it.")]
    if "\0" in source:
        return [RuleProblem(*place(source, source.index("\0")), "Remove the null character.")]
    shape = shape_of(source)
    if len(shape.macros) > MAX_MACROS:
        message = f"Use at most {MAX_MACROS} of {', '.join(sorted(MACROS))}."
        return [RuleProblem(*place(source, shape.macros[MAX_MACROS]), message)]
    message = f"No more than {MAX_NESTING} of {', '.join(sorted(MACROS))} inside one another."
    return [RuleProblem(*place(source, at), message) for at in shape.too_deep[:1]]


def place(source: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, 1-based."""
    before = source[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def input_problem(value: Any, depth: int = 0) -> str:
    """Why an input is not handed over, or ""."""
    if depth > MAX_DEPTH:
        return f"The facts are nested deeper than {MAX_DEPTH}."
    if isinstance(value, Mapping | list | tuple):
        if len(value) > MAX_LIST:
            return f"A list of the facts has more than {MAX_LIST:,} entries."
        inner = value.values() if isinstance(value, Mapping) else value
        return next(filter(None, (input_problem(each, depth + 1) for each in inner)), "")
    return ""
