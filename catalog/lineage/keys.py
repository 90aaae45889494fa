"""What tells nodes of the graph apart, whatever their names hold."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from uuid import UUID

KEPT = 20_000  # digests; pipelines name the same tables and columns run after run


def key_of(*parts: str) -> UUID:
    """The key of a dataset or job (namespace, name) or a column (namespace, name, field)."""
    return _digest("\0".join(parts))  # no name holds a NUL


def node_key_of(node_id: str) -> UUID:
    """By what a node is found: the digest of its text form; two nodes may share one."""
    return _digest(node_id)


@lru_cache(maxsize=KEPT)
def _digest(text: str) -> UUID:
    return UUID(bytes=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16])
