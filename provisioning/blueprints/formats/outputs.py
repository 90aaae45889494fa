"""What people get to see of something that was made: links and values, by the document's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Output:
    """One promised result; exactly one of `value`, `url` and `entry` is set."""

    name: str
    label: str
    value: str = ""  # shown as it is
    url: str = ""  # a link that leaves the portal or leads into it
    entry: str = ""  # fqn of a product, whose page it links


@dataclass(frozen=True)
class Result:
    """An output whose placeholders are filled."""

    label: str
    value: str
    url: str = ""
    entry: str = ""


def results(outputs: list[Output], values: Mapping[str, Any]) -> list[Result]:
    """The outputs whose placeholders all have a value; in links the values are quoted."""
    found = []
    for each in outputs:
        text = _filled(each.value or each.url or each.entry, values, quoted=bool(each.url))
        if text is None:
            continue
        found.append(
            Result(
                each.label,
                text,
                url=text if each.url else "",
                entry=text if each.entry else "",
            )
        )
    return found


def _filled(text: str, values: Mapping[str, Any], *, quoted: bool) -> str | None:
    names = _PLACEHOLDER.findall(text)
    if any(not isinstance(values.get(name), str | int | float) for name in names):
        return None

    def put(found: re.Match[str]) -> str:
        value = str(values[found[1]])
        return quote(value, safe="") if quoted else value

    return _PLACEHOLDER.sub(put, text)
