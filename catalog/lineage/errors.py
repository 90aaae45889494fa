"""What can be wrong with a question about lineage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from core.errors import DomainError


class AmbiguousNode(DomainError):
    """Two nodes share this text; their ids with percent-encoded parts tell them apart."""

    code: ClassVar[str] = "ambiguous-node"
    status: ClassVar[int] = 400

    def __init__(self, nodes: Sequence[str]) -> None:
        super().__init__(f"This names more than one node: {' or '.join(nodes)}.", nodes=list(nodes))
