"""The chain of seals over the audit log: a change to what is sealed shows.

A pass gives each committed event without a seal the next place. The order of places is that of
sealing: an event that commits late comes later, and none is left out. `hash` is SHA-256 over the
hash before and the RFC 8785 JSON of the event. Its members are strings and one integer and their
names ASCII, where sorted keys without spaces are that form; `detail` is a string, the database's
own text of it, because RFC 8785 rounds numbers that a double cannot hold.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.db import connection, transaction

from core.copying import copy_rows
from core.models import AuditSeal

FIRST = bytes(32)  # what the first seal follows
BATCH = 5_000
MOST = 100_000  # events in one pass; the next goes on
LATE = 10_000  # how many numbers back a pass looks for events that committed late
VERY_LATE = 1_000_000  # and the hourly one
ANCHORS = "audit-heads.jsonl"

FIELDS = ("id", "at", "actor", "verb", "object_kind", "object_id", "detail", "request_id")
COLUMNS = (
    "e.id, to_json(e.at AT TIME ZONE 'UTC') #>> '{}', e.actor, e.verb, e.object_kind,"
    " e.object_id, e.detail::text, e.request_id"
)
ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit-seal', 0))"
HEAD = "SELECT n, hash FROM core_auditseal ORDER BY n DESC LIMIT 1"
HIGHEST = "SELECT coalesce(max(seq), 0) FROM core_auditseal"
UNSEALED = f"""
SELECT {COLUMNS} FROM core_auditevent e WHERE e.id > %(after)s AND NOT EXISTS (
  SELECT FROM core_auditseal s WHERE s.seq = e.id AND s.seq > %(after)s)
ORDER BY e.id LIMIT {BATCH}
"""  # noqa: S608 - constants of this module

log = structlog.get_logger(__name__)


def seal(*, late: int = LATE) -> int:
    """Seal up to `MOST` events; returns how many. Where another is at it, none: it will do.

    Args:
        late: how far below the highest sealed number to look for events without a seal.

    Cost: about 1 s for 100,000 events.
    """
    sealed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ALONE)
        if not cursor.fetchone()[0]:
            return 0
        n, last = head() or (0, FIRST)
        cursor.execute(HIGHEST)
        after = cursor.fetchone()[0] - late
        while sealed < MOST:
            cursor.execute(UNSEALED, {"after": after})
            rows = cursor.fetchall()
            if not rows:
                break
            seals = list(_seals(rows, n, last))
            copy_rows(AuditSeal, ["n", "seq", "prev", "hash"], seals)
            (n, after, _, last), sealed = seals[-1], sealed + len(seals)
    return sealed


def seal_and_anchor() -> None:
    """Seal, also what came very late; then tell the head outside of the database."""
    seal(late=VERY_LATE)
    found = head()
    if found:  # once committed: a head that was rolled back would look like a tail cut off
        transaction.on_commit(partial(_tell, *found), robust=True)


def head() -> tuple[int, bytes] | None:
    """Place and hash of the last seal."""
    with connection.cursor() as cursor:
        cursor.execute(HEAD)
        row = cursor.fetchone()
    return (row[0], bytes(row[1])) if row else None


def hash_of(previous: bytes, event: Sequence[Any]) -> bytes:
    """The hash of an event, given as `COLUMNS`, that follows on `previous`."""
    members = dict(zip(FIELDS, event, strict=True))
    return hashlib.sha256(previous + orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()


def anchors() -> Path:
    """The file outside of the database, a line for each head that was told."""
    return Path(settings.DATA_DIR) / ANCHORS


def _seals(
    rows: Sequence[Sequence[Any]], n: int, last: bytes
) -> Iterator[tuple[int, int, bytes, bytes]]:
    for place, row in enumerate(rows, n + 1):
        following = hash_of(last, row)
        yield place, row[0], last, following
        last = following


def _tell(n: int, digest: bytes) -> None:
    log.info("audit.head", n=n, hash=digest.hex())
    line = orjson.dumps({"n": n, "hash": digest.hex()}, option=orjson.OPT_APPEND_NEWLINE)
    file = os.open(anchors(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)
