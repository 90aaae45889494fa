"""One YAML document to plain data: no anchors, aliases, tags or timestamps, within limits.

Built from the parser's events, so that a hostile document ends at its first excess.
"""

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from core.documents.text import (
    DocumentError,
    Limits,
    normalised,
    refuse,
    to_float,
    to_integer,
    too_deep,
    too_many_nodes,
    unsafe_character,
)
from core.problems import escape_token, shown, to_pointer

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    spelling: value
    for words, value in ((("yes", "true", "on"), True), (("no", "false", "off"), False))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
_MAY_BE_NUMBER = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:(0b)([01_]+)|(0x)([0-9a-fA-F_]+)|(0)([0-7_]+)|(0|[1-9][0-9_]*))")
_BASES = {"0b": 2, "0x": 16, "0": 8, None: 10}
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+][0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 400  # characters; longer plain text is text

_NO_KEY = object()


class _Frame:
    """An open mapping or sequence and the place its next value goes to."""

    __slots__ = ("container", "key")

    def __init__(self, container: dict[str, Any] | list[Any]) -> None:
        self.container = container
        self.key: Any = _NO_KEY

    @property
    def token(self) -> str | int:
        if isinstance(self.container, list):
            return len(self.container)
        return "" if self.key is _NO_KEY else str(self.key)

    @property
    def expects_key(self) -> bool:
        return self.key is _NO_KEY and isinstance(self.container, dict)


def read_yaml(text: str, limits: Limits) -> tuple[Any, tuple[str, ...]]:
    """The data of one document, and the pointers of keys that stand twice.

    Raises:
        DocumentError: syntax, a limit, or a feature we refuse; lines count from this text's start.

    Cost: O(nodes) until the first excess, whatever follows it.
    """
    return _Builder(limits).build(text)


class _Builder:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.frames: list[_Frame] = []
        self.duplicates: list[str] = []
        self.data: Any = None
        self.nodes = 0
        self.line = 1

    def build(self, text: str) -> tuple[Any, tuple[str, ...]]:
        try:
            for event in _events(text):
                self.take(event)
        except yaml.YAMLError as error:
            raise _unreadable(error) from None
        return self.data, tuple(self.duplicates)

    def take(self, event: Any) -> None:
        kind = event.__class__
        if kind is yaml.ScalarEvent:
            self.count(event)
            self.scalar(event)
        elif kind is yaml.MappingStartEvent:
            self.count(event)
            self.open({})
        elif kind is yaml.SequenceStartEvent:
            self.count(event)
            self.open([])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.place(self.frames.pop().container)
        elif kind is yaml.AliasEvent:
            self.line = event.start_mark.line + 1
            self.fail("alias", "Write the value out; aliases (*name) are not read.")

    def count(self, event: Any) -> None:
        self.nodes += 1
        self.line = event.start_mark.line + 1
        if self.nodes > self.limits.document_nodes:
            raise too_many_nodes(self.limits, pointer=self.pointer(), line=self.line)
        if event.anchor is not None:
            self.fail("anchor", f"Remove the anchor &{shown(event.anchor)}; anchors are not read.")
        if event.tag is not None:
            self.fail("tag", f"Remove the tag {shown(event.tag)}; tags are not read.")

    def open(self, container: dict[str, Any] | list[Any]) -> None:
        if self.frames and self.frames[-1].expects_key:
            self.fail("key-not-text", "A key must be plain text, not a list or a mapping.")
        if len(self.frames) >= self.limits.depth:
            raise too_deep(self.limits, pointer=self.pointer(), line=self.line)
        self.frames.append(_Frame(container))

    def scalar(self, event: Any) -> None:
        try:
            text = normalised(event.value)
            if self.frames and self.frames[-1].expects_key:
                self.name(text)
            else:
                self.place(resolve(text) if event.implicit[0] else text)
        except ValueError as error:
            self.fail("value-not-storable", f"Change the value: {error}.")

    def name(self, key: str) -> None:
        unsafe = unsafe_character(key)
        if unsafe:
            self.fail("unsafe-name", f"A key holds the invisible character {unsafe}; remove it.")
        frame = self.frames[-1]
        frame.key = key
        if key in frame.container:
            self.duplicates.append(self.pointer())

    def place(self, value: Any) -> None:
        if not self.frames:
            self.data = value
            return
        frame = self.frames[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
        else:
            frame.container[frame.key] = value
            frame.key = _NO_KEY

    def pointer(self) -> str:
        return to_pointer(frame.token for frame in self.frames if not frame.expects_key)

    def fail(self, code: str, message: str) -> NoReturn:
        raise refuse(code, message, pointer=self.pointer(), line=self.line)


def resolve(plain: str) -> Any:
    """What an unquoted scalar means; dates and base-60 numbers stay text.

    Raises:
        ValueError: a number that is not finite or does not fit into 64 bits.

    Source: YAML 1.1 (as most tools of the field read it) without timestamps and base 60.
    """
    if plain in _NULLS:
        return None
    if plain in _BOOLEANS:
        return _BOOLEANS[plain]
    if plain[0] not in _MAY_BE_NUMBER or len(plain) > _LONGEST_NUMBER:
        return plain
    if found := _INTEGER.fullmatch(plain):
        prefix = found[2] or found[4] or found[6]
        digits = found[3] or found[5] or found[7] or found[8]
        return to_integer(found[1] + digits.replace("_", ""), _BASES[prefix])
    if _FLOAT.fullmatch(plain):
        return to_float(plain.replace("_", ""))
    if _NOT_FINITE.fullmatch(plain):
        raise ValueError("it is not a finite number")
    return plain


def yaml_lines(text: str) -> dict[str, int]:
    """Line of every value of a document that `read_yaml` accepted, by JSON pointer."""
    lines: dict[str, int] = {}
    stack: list[tuple[str, list[Any]]] = []  # pointer, [next index | pending key | None]
    for event in _events(text):
        kind = event.__class__
        if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
        elif kind in (yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent):
            pointer = _next_pointer(stack, event, lines)
            if pointer is not None and kind is not yaml.ScalarEvent:
                stack.append((pointer, [0 if kind is yaml.SequenceStartEvent else None]))
    return lines


def _next_pointer(
    stack: list[tuple[str, list[Any]]], event: Any, lines: dict[str, int]
) -> str | None:
    """Pointer of the value that starts here; None for a key. A keyed value has its key's line."""
    line = event.start_mark.line + 1
    if not stack:
        lines[""] = line
        return ""
    parent, place = stack[-1]
    token = place[0]
    if token is None:
        place[0] = escape_token(normalised(event.value))
        lines.setdefault(f"{parent}/{place[0]}", line)
        return None
    pointer = f"{parent}/{token}"
    if isinstance(token, int):
        place[0] = token + 1
        lines[pointer] = line
    else:
        place[0] = None
    return pointer


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CSafeLoader(text)
    try:
        event = loader.get_event()
        while event is not None and event.__class__ is not yaml.StreamEndEvent:
            yield event
            event = loader.get_event()
    finally:
        loader.dispose()


def _unreadable(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    where = f" (column {mark.column + 1})" if mark else ""
    line = mark.line + 1 if mark else None
    return refuse("not-yaml", f"This is not YAML: {reason}{where}.", line=line)
