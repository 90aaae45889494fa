"""Labels in comments: which instance made an object, and under which fence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

LABEL = re.compile(r"\[meshport (\{[^\n]*\})\]\Z")
MAX_DESCRIPTION = 2000  # characters kept of a description in a comment


@dataclass(frozen=True)
class Label:
    instance_id: UUID
    fence: int
    source: str = ""  # the name in the contract this object was made for


def comment(description: str, label: Label) -> str:
    """A comment for people that ends in a label for the portal."""
    data = {"instance": str(label.instance_id), "fence": label.fence}
    mark = json.dumps({**data, "source": label.source} if label.source else data)
    return f"{tidy(description)}\n\n[meshport {mark}]".lstrip()


def property_comment(description: str, source: str, name: str) -> str:
    """A column's comment; it remembers the property when the column had to be called otherwise."""
    text = tidy(description)
    if source == name:
        return text
    return f"{text}\n\n[meshport {json.dumps({'source': source})}]".lstrip()


def read(comment_text: str | None) -> Label | None:
    """The label at the end of a comment; None when there is none of ours."""
    data = _data(comment_text)
    try:
        return Label(UUID(data["instance"]), int(data["fence"]), str(data.get("source", "")))
    except (KeyError, ValueError, TypeError):
        return None


def read_source(comment_text: str | None) -> str | None:
    """The contract's name for an object, where its comment remembers one."""
    source = _data(comment_text).get("source")
    return source if isinstance(source, str) else None


def tidy(text: str) -> str:
    """`text` without what PostgreSQL cannot store, and without anything that looks like a label."""
    storable = text.encode("utf-8", "replace").decode().replace("\0", "")
    return storable.replace("[meshport ", "(meshport ").strip()[:MAX_DESCRIPTION]


def _data(comment_text: str | None) -> dict[str, Any]:
    match = LABEL.search(comment_text or "")
    if match is None:
        return {}
    try:
        data = json.loads(match[1])
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
