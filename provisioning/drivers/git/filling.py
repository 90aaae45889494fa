"""`${name}` in files: values put in as data, never read again (SECURITY §1.14)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from provisioning.drivers.protocol import PermanentError

Value = str | int | float | bool | None
Values = Mapping[str, Value]

_PLACEHOLDER = re.compile(r"\$\{([^{}\n]*)\}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,200}", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
PROSE = (".md", ".txt", ".rst")
DATA = (".yaml", ".yml", ".json")


def is_wanted(when: Mapping[str, Any], values: Values) -> bool:
    """Whether each named value is the given one, or one of them.

    Raises:
        PermanentError: a name is not known.
    """
    return all(_value(name, values) in _several(wanted) for name, wanted in when.items())


def require_known(text: str, values: Values) -> None:
    """Raises: PermanentError: a placeholder of the text names no value."""
    for name in _PLACEHOLDER.findall(text):
        _value(name, values)


def filled_path(path: str, values: Values) -> str:
    """`path` with single words in it."""
    return _PLACEHOLDER.sub(lambda found: _word(found[1], values, path), path)


def filled_text(path: str, text: str, values: Values) -> str:
    """`text` with values written as its kind of file needs them.

    Prose gets one line of text; YAML and JSON a quoted text, a number or true and false; every
    other file (code) takes single words only.

    Raises:
        PermanentError: a name is not known, or a value is not fit for the file.
    """
    name = path.lower()

    def put(found: re.Match[str]) -> str:
        if name.endswith(DATA):
            return _quoted(_value(found[1], values))
        if name.endswith(PROSE):
            return _UNSEEN.sub(" ", _plain(_value(found[1], values))).strip()
        return _word(found[1], values, path)

    return _PLACEHOLDER.sub(put, text)


def _value(name: str, values: Values) -> Value:
    try:
        return values[name]
    except KeyError:
        raise PermanentError(
            f"The scaffold names a value “{name[:60]}” that is not given."
        ) from None


def _word(name: str, values: Values, path: str) -> str:
    text = _plain(_value(name, values))
    if not _WORD.fullmatch(text):
        raise PermanentError(f"The value “{name}” is not a single word, as {path[:60]} needs.")
    return text


def _quoted(value: Value) -> str:
    """JSON, which is YAML too; what cannot be seen is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: "".join(f"\\u{ord(each):04x}" for each in found[0]), text)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _several(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]
