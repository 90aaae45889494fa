"""Which paths a repository of ours may hold: plain on every system that clones it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from provisioning.drivers.protocol import PermanentError

MAX_PATH = 200  # characters
MAX_DEPTH = 10
# No backslash, colon or tilde (NTFS), nothing outside of ASCII (HFS+ drops some of it).
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_OF_GIT = re.compile(r"\.git|\.gitmodules|\.meshport", re.IGNORECASE)


def require_plain(paths: Iterable[str]) -> None:
    """Raises: PermanentError: one of them is not relative and plain, or two are in each
    other's way."""
    seen: dict[str, str] = {}
    for path in paths:
        _require_plain(path)
        folded = path.lower()
        if folded in seen:
            raise PermanentError(f"Two files have one name: {seen[folded]} and {path}.")
        seen[folded] = path
    for folded, path in seen.items():
        parts = folded.split("/")
        for length in range(1, len(parts)):
            if "/".join(parts[:length]) in seen:
                raise PermanentError(f"A folder of {path} has the name of a file.")


def _require_plain(path: str) -> None:
    parts = path.split("/")
    if len(path) > MAX_PATH or len(parts) > MAX_DEPTH:
        raise PermanentError(f"The path {path[:60]!r} is too long or too deep.")
    if not all(_is_plain(part) for part in parts):
        raise PermanentError(
            f"The path {path[:60]!r} is not plain: use a to z, 0 to 9, dots, hyphens and"
            " underscores, with / between folders."
        )


def _is_plain(part: str) -> bool:
    plain = _PART.fullmatch(part) and not part.endswith(".") and set(part) != {"."}
    return bool(plain) and not (_DEVICE.fullmatch(part) or _OF_GIT.fullmatch(part))
