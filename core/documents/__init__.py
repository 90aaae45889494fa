"""Descriptor documents: text in, plain data with places out. The only loader for YAML and JSON.

Nothing that stands in a document is executed, expanded or fetched; limits hold before data is
built. See SECURITY §1.6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any, Literal

import yaml

from core.documents.json_reader import json_lines, read_json, split_array
from core.documents.text import (
    DocumentError,
    Limits,
    refuse,
    too_large,
    too_many_documents,
    unsafe_character,
)
from core.documents.yaml_reader import read_yaml, yaml_lines
from core.problems import Problem

__all__ = [
    "Document",
    "DocumentError",
    "Limits",
    "Media",
    "dump_yaml",
    "load_documents",
    "unsafe_character",
]

Media = Literal["yaml", "json"]

DEFAULT_LIMITS = Limits()

# A line that starts so always divides YAML documents, even inside a quoted or block text.
_DIVIDER = re.compile(r"^(?:---|\.\.\.)(?=\s|\Z)[ \t]*\r?\n?", re.MULTILINE)
_GZIP = b"\x1f\x8b"
_LOOKS_LIKE_JSON = re.compile(r'\s*(?:\{\s*["}]|\[)')
_ONLY_COMMENTS = re.compile(r"\s*#(?:[^\n]*\n\s*(?:#|\Z))*[^\n]*\n?")
_NOT_BLANK = re.compile(r"^[ \t]*[^\s#%]", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """One document as given and as read."""

    data: Any  # None where `problems` says why it could not be read
    text: str  # verbatim source of this document alone
    media: Media
    first_line: int = 1  # of `text` in what was handed in
    duplicate_keys: tuple[str, ...] = ()  # pointers of keys that stand twice; the last one counts
    problems: tuple[Problem, ...] = ()

    @cached_property
    def lines(self) -> dict[str, int]:
        """Line of every value in what was handed in, by JSON pointer. Read on first use."""
        if self.problems:
            return {}
        lines = json_lines(self.text) if self.media == "json" else yaml_lines(self.text)
        return {pointer: line + self.first_line - 1 for pointer, line in lines.items()}

    def line_of(self, pointer: str) -> int:
        """Line of the value, or of the nearest thing around it that exists."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, self.first_line)


def load_documents(
    text: bytes | str,
    *,
    media: Media | None = None,
    limits: Limits = DEFAULT_LIMITS,
    strict: bool = True,
) -> list[Document]:
    """One document, a multi-document YAML stream, or the elements of a JSON array.

    Args:
        text: UTF-8, with or without a byte order mark.
        media: None decides by the beginning: `[`, `{"` and `{}` are JSON, the rest is YAML.
        strict: False keeps an unreadable document of a stream as one with `problems`.

    Raises:
        DocumentError: the whole is unreadable, too large or empty, or (strict) one document is.

    Cost: a document that breaks a limit ends there, whatever follows.
    """
    source = _decoded(text, limits)
    parts = _parts(source, media, limits)
    documents = [_load(part, limits) for part in parts]
    if not documents:
        raise refuse("no-document", "There is no document here.")
    broken = next((each for each in documents if each.problems), None)
    if broken and (strict or len(documents) == 1):
        raise DocumentError(*broken.problems)
    return documents


def dump_yaml(data: Any) -> str:
    """Block-style YAML in the order of the data, without aliases."""
    return yaml.dump(
        data,
        Dumper=_PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


class _PlainDumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _decoded(text: bytes | str, limits: Limits) -> str:
    if _size(text) > limits.stream_bytes:
        raise refuse("stream-too-large", f"Send {limits.stream_bytes:,} bytes at most in one call.")
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if text.startswith(_GZIP):
            message = "This is compressed; unpack it, descriptors are read as plain text."
            raise refuse("not-utf8", message, line=1) from None
        line = text.count(b"\n", 0, error.start) + 1
        raise refuse("not-utf8", "The text must be UTF-8.", line=line) from None


def _size(text: bytes | str) -> int:
    if isinstance(text, bytes) or text.isascii():
        return len(text)
    return len(text.encode(errors="replace"))


def _parts(source: str, media: Media | None, limits: Limits) -> list[Document]:
    """The documents as they stand there, not read yet."""
    if media == "json" or (media is None and _LOOKS_LIKE_JSON.match(source)):
        return list(_json_parts(source, limits))
    parts = list(islice(_yaml_parts(source, limits), limits.documents + 1))
    if len(parts) > limits.documents:
        raise too_many_documents(limits)
    return parts


def _json_parts(source: str, limits: Limits) -> Iterator[Document]:
    if source.lstrip()[:1] != "[":
        if source.strip():
            yield Document(None, source, "json")
        return
    line, at = 1, 0
    for start, text in split_array(source, limits):
        line += source.count("\n", at, start)
        at = start
        yield Document(None, text, "json", line)


def _yaml_parts(source: str, limits: Limits) -> Iterator[Document]:
    """Each document; one that follows comments and a divider begins with these comments."""
    begin, begin_line, line, at = 0, 1, 1, 0
    for count, divider in enumerate(_DIVIDER.finditer(source)):
        if count > 2 * limits.documents:  # each document may have its --- and its ...
            raise too_many_documents(limits)
        is_document = bool(_NOT_BLANK.search(source, at, divider.start()))
        if is_document:
            yield Document(None, source[begin : divider.start()], "yaml", begin_line)
        are_comments = not is_document and _ONLY_COMMENTS.fullmatch(source, at, divider.start())
        begin, begin_line = (at, line) if are_comments else (divider.end(), 0)
        line += source.count("\n", at, divider.end())
        at = divider.end()
        begin_line = begin_line or line
    if _NOT_BLANK.search(source, at):
        yield Document(None, source[begin:], "yaml", begin_line)


def _load(part: Document, limits: Limits) -> Document:
    try:
        if _size(part.text) > limits.document_bytes:
            raise too_large(limits)
        read = read_json if part.media == "json" else read_yaml
        data, duplicates = read(part.text, limits)
    except DocumentError as error:
        return replace(part, problems=tuple(_moved(each, part) for each in error.problems))
    return replace(part, data=data, duplicate_keys=duplicates)


def _moved(problem: Problem, part: Document) -> Problem:
    """The problem with its line counted in what was handed in."""
    return replace(problem, line=part.first_line + (problem.line or 1) - 1)
