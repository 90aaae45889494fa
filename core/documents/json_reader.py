"""One JSON document to plain data, within limits that are checked before it is built."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from core.documents.text import (
    DocumentError,
    Limits,
    normalised,
    refuse,
    to_float,
    to_integer,
    too_deep,
    too_many_documents,
    too_many_nodes,
    unsafe_character,
)
from core.problems import escape_token, to_pointer

# An unfinished string reaches to the end, so that no text is scanned twice.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:]|[^\s\[\]{},:"]++', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")
_ATOM = re.compile(r"[^\s\[\]{},:]+")
_OPENING = frozenset({"[", "{"})
_CLOSING = frozenset({"]", "}"})
_ONE_BRACKET = str.maketrans("{}", "[]")
_SPACE = re.compile(r"[\s]*")


def read_json(text: str, limits: Limits) -> tuple[Any, tuple[str, ...]]:
    """The data of one document, and the pointers of keys that stand twice.

    Raises:
        DocumentError: syntax, a limit, or a value we refuse.
    """
    _check_nodes(text, limits)
    _check_depth(text, limits.depth, limits)
    reader = _Reader()
    try:
        data = reader.decoder.decode(text)
    except ValueError as error:
        raise _unreadable(error) from None
    return reader.finished(data)


def split_array(text: str, limits: Limits) -> Iterator[tuple[int, str]]:
    """Each element of a JSON array as it stands there: its offset and its source.

    Raises:
        DocumentError: syntax, nesting, or more elements than a stream may have.
    """
    _check_depth(text, limits.depth + 1, limits)
    decoder = json.JSONDecoder()
    at = _skip_space(text, text.index("[") + 1)
    count = 0
    while text[at : at + 1] != "]" or count:
        count += 1
        if count > limits.documents:
            raise too_many_documents(limits)
        start = at
        try:
            at = decoder.raw_decode(text, start)[1]
        except ValueError as error:
            raise _unreadable(error) from None
        yield start, text[start:at]
        at = _skip_space(text, at)
        if text[at : at + 1] == "]":
            break
        if text[at : at + 1] != ",":
            line = text.count("\n", 0, at) + 1
            raise refuse("not-json", "This is not JSON: a comma or ] is missing.", line=line)
        at = _skip_space(text, at + 1)
    if text[at + 1 :].strip():
        raise refuse("not-json", "This is not JSON: something follows the array.")


def _check_depth(text: str, depth: int, limits: Limits) -> None:
    """Refuse deep nesting before any recursive reader sees it.

    Each round takes away every innermost pair of brackets, at C speed.
    """
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", text)).translate(_ONE_BRACKET)
    for _ in range(depth):
        brackets = brackets.replace("[]", "")
    if "[]" in brackets or brackets.count("[") > depth:
        raise too_deep(limits)


def _check_nodes(text: str, limits: Limits) -> None:
    bare = _STRING.sub('"', text)
    nodes = bare.count("[") + bare.count("{")
    if max(nodes, bare.count(",")) <= limits.document_nodes:
        nodes += sum(1 for _ in _ATOM.finditer(bare))
    if max(nodes, bare.count(",")) > limits.document_nodes:
        raise too_many_nodes(limits)


class _Reader:
    """A decoder that remembers which objects had a key twice, and checks every text and number."""

    def __init__(self) -> None:
        self.repeated: list[tuple[dict[str, Any], list[str]]] = []
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self.mapping,
            parse_int=to_integer,
            parse_float=to_float,
            parse_constant=self.constant,
        )

    def mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            self.repeated.append((found, [key for key in counts if counts[key] > 1]))
        return found

    @staticmethod
    def constant(name: str) -> Any:
        raise ValueError(f"{name} is not a number of JSON")

    def finished(self, data: Any) -> tuple[Any, tuple[str, ...]]:
        repeated = {id(mapping): keys for mapping, keys in self.repeated}
        duplicates: list[str] = []
        return _checked(data, (), repeated, duplicates), tuple(duplicates)


def _checked(
    data: Any,
    path: tuple[str | int, ...],
    repeated: dict[int, list[str]],
    duplicates: list[str],
) -> Any:
    """The same data with its texts normalised; recursion is bounded by the depth limit."""
    if isinstance(data, str):
        return _checked_text(data, path)
    if isinstance(data, list):
        return [_checked(item, (*path, at), repeated, duplicates) for at, item in enumerate(data)]
    if not isinstance(data, dict):
        return data
    duplicates.extend(to_pointer((*path, key)) for key in repeated.get(id(data), ()))
    result: dict[str, Any] = {}
    for key, value in data.items():
        name = _checked_text(key, path)
        unsafe = unsafe_character(name)
        if unsafe:
            message = f"A key holds the invisible character {unsafe}; remove it."
            raise refuse("unsafe-name", message, pointer=to_pointer(path))
        if name in result:
            duplicates.append(to_pointer((*path, name)))
        result[name] = _checked(value, (*path, name), repeated, duplicates)
    return result


def _checked_text(text: str, path: tuple[str | int, ...]) -> str:
    try:
        return normalised(text)
    except ValueError as error:
        message = f"Change the value: {error}."
        raise refuse("value-not-storable", message, pointer=to_pointer(path)) from None


def json_lines(text: str) -> dict[str, int]:
    """Line of every value of a document that `read_json` accepted, by JSON pointer."""
    lines: dict[str, int] = {}
    above: list[tuple[str, int | None]] = []  # of each open bracket: what it continues
    prefix, index = "", None  # pointer of the open bracket; place in a list, None in an object
    pointer, at, line = "", 0, 1
    expects_key = False
    for found in _TOKEN.finditer(text):
        word, start = found[0], found.start()
        line += text.count("\n", at, start)
        at = start
        if word == ",":
            expects_key = index is None
            if index is not None:
                index += 1
                pointer = f"{prefix}/{index}"
        elif word in _CLOSING:
            prefix, index = above.pop()
        elif expects_key:
            expects_key = False
            pointer = f"{prefix}/{escape_token(normalised(json.loads(word)))}"
            lines[pointer] = line
        elif word != ":":
            lines.setdefault(pointer, line)
            if word in _OPENING:
                above.append((prefix, index))
                expects_key = word == "{"
                prefix, index = pointer, None if expects_key else 0
                pointer = f"{prefix}/0"
    return lines


def _skip_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _unreadable(error: ValueError) -> DocumentError:
    if isinstance(error, json.JSONDecodeError):
        message = f"This is not JSON: {error.msg.lower()} (column {error.colno})."
        return refuse("not-json", message, line=error.lineno)
    return refuse("value-not-storable", f"Change the value: {error}.")
