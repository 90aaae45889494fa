"""Rules that every text, key and number of a document keeps, whatever its syntax."""

import re
import unicodedata
from dataclasses import dataclass

from core.problems import Problem

_LEAST_INTEGER = -(2**63)
_GREATEST_INTEGER = 2**64 - 1
_LONGEST_INTEGER = 20  # digits of 2**64 - 1

# C0 and C1 controls, soft hyphen, zero-width, bidirectional and line-separating characters.
_UNSAFE = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b-\\u200f"
    "\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\ufff9-\\ufffb]"
)


@dataclass(frozen=True)
class Limits:
    """What one call may hand in; SECURITY §1.6."""

    document_bytes: int = 1_000_000
    document_nodes: int = 20_000  # mappings, sequences and scalars, keys included
    depth: int = 32
    stream_bytes: int = 32 * 2**20
    documents: int = 10_000


class DocumentError(Exception):
    """The text is not a document we read; `problems` says where and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def refuse(code: str, message: str, *, pointer: str = "", line: int | None = None) -> DocumentError:
    """The error with a single problem."""
    return DocumentError(Problem(pointer, code, message, line=line))


def too_large(limits: Limits) -> DocumentError:
    return refuse(
        "document-too-large", f"A document may have {limits.document_bytes:,} bytes at most."
    )


def too_many_documents(limits: Limits) -> DocumentError:
    message = f"A stream may have {limits.documents:,} documents at most."
    return refuse("too-many-documents", message)


def too_many_nodes(limits: Limits, *, pointer: str = "", line: int | None = None) -> DocumentError:
    message = f"A document may have {limits.document_nodes:,} values and keys at most."
    return refuse("too-many-nodes", message, pointer=pointer, line=line)


def too_deep(limits: Limits, *, pointer: str = "", line: int | None = None) -> DocumentError:
    message = f"A document may be nested {limits.depth} levels deep at most."
    return refuse("too-deep", message, pointer=pointer, line=line)


def normalised(text: str) -> str:
    """The text in Unicode form NFC.

    Raises:
        ValueError: it holds NUL or half a surrogate pair, which no database can keep.
    """
    if "\0" in text:
        raise ValueError("the character NUL")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair") from None
    return unicodedata.normalize("NFC", text)


def unsafe_character(name: str) -> str | None:
    """The code point (`U+202E`) of the first character a name may not hold, if any."""
    found = _UNSAFE.search(name)
    return f"U+{ord(found[0]):04X}" if found else None


def to_integer(digits: str, base: int = 10) -> int:
    """The number.

    Raises:
        ValueError: it does not fit into 64 bits.
    """
    if (base == 10 and len(digits.lstrip("+-0")) > _LONGEST_INTEGER) or len(digits) > 80:
        raise ValueError("does not fit into 64 bits")
    number = int(digits, base)
    if not _LEAST_INTEGER <= number <= _GREATEST_INTEGER:
        raise ValueError("does not fit into 64 bits")
    return number


def to_float(digits: str) -> float:
    """The number.

    Raises:
        ValueError: it is not finite.
    """
    number = float(digits)
    if number - number != 0:
        raise ValueError("is not a finite number")
    return number
