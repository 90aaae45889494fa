"""Names that reach SQL: made here from what people typed, never taken as they are."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from uuid import UUID

MAX_NAME_BYTES = 63  # PostgreSQL's NAMEDATALEN - 1
SAFE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
MAX_SLUG = 40
LOGIN = "lg_"  # every login of a grant begins so
KEEPERS = 64
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "xmax", "cmin", "cmax", "ctid"})


def schema_name(slug: str, instance_id: UUID) -> str:
    """`dp_<first 40 of the slug>_<last 8 hex of the id>`; its first ones are a clock."""
    return f"dp_{safe_name(slug, prefix='x')[:MAX_SLUG].rstrip('_')}_{instance_id.hex[-8:]}"


def reader_role(schema: str) -> str:
    return f"{schema}_r"


def writer_role(schema: str) -> str:
    return f"{schema}_w"


def checker_role(schema: str) -> str:
    """The login under which a team's own SQL rules run."""
    return f"{schema}_q"


def grant_role(grant_id: UUID) -> str:
    return f"gr_{grant_id.hex[-16:]}"


def login_prefix(grant_id: UUID) -> str:
    return f"{LOGIN}{grant_id.hex[-16:]}_"


def login_role(grant_id: UUID, holder: str) -> str:
    return login_prefix(grant_id) + _digest(holder, 8)


def keeper_prefix(administrator: str) -> str:
    """Roles belong to the whole server: two administrators there have keepers of their own."""
    return f"kp_{_digest(administrator, 8)}_"


def keeper_role(administrator: str, instance_id: UUID) -> str:
    return f"{keeper_prefix(administrator)}{instance_id.int % KEEPERS:02x}"


def safe_name(text: str, *, prefix: str) -> str:
    """`text` as a name that matches `SAFE_NAME`; `prefix` is put before what would not start well.

    Accents are dropped; every other foreign character becomes `_`. Names of the system catalogue
    (`pg_…`) and of system columns get the prefix too, so that nothing of ours shadows them.
    """
    parts = unicodedata.normalize("NFKD", text)
    letters = "".join(each for each in parts if not unicodedata.combining(each))
    name = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "_", letters.lower())).strip("_")
    if not name or not name[0].isalpha() or name.startswith("pg_") or name in SYSTEM_COLUMNS:
        name = f"{prefix}_{name}".rstrip("_")
    return name[:MAX_NAME_BYTES].rstrip("_")


def allocate(
    wanted: Iterable[str],
    *,
    prefix: str,
    taken: Mapping[str, str] | None = None,
    used: Iterable[str] = (),
) -> dict[str, str]:
    """One distinct safe name for each wanted text.

    Args:
        wanted: the texts as people wrote them; exact spellings win over changed ones.
        prefix: see `safe_name`.
        taken: `{text: name}` from earlier runs; these never change.
        used: further names that are not free.

    Returns:
        `{text: name}` in the order of `wanted`; the same input gives the same names.
    """
    texts = list(dict.fromkeys(wanted))
    names = dict(taken or {})
    occupied = {*names.values(), *used}
    fresh = [text for text in texts if text not in names]
    for text in sorted(fresh, key=lambda each: (safe_name(each, prefix=prefix) != each, each)):
        name = safe_name(text, prefix=prefix)
        salt = text
        while name in occupied:
            name = f"{name[: MAX_NAME_BYTES - 9]}_{_digest(salt, 8)}"
            salt += name
        names[text] = name
        occupied.add(name)
    return {text: names[text] for text in texts}


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:length]
