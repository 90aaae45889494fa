"""What became of each document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from catalog.contracts.formats.odcs_diff import Change as ContractChange
from catalog.products.services.outcomes import change
from core.problems import Problem

Mode = Literal["validate", "plan", "apply"]
Action = Literal["create", "update", "unchanged", "refused"]
REFUSED: Action = "refused"


@dataclass(frozen=True)
class DocumentReport:
    """`valid`: the standard and the rules inside the document; `action`: what the portal does."""

    kind: str
    id: str
    version: str
    valid: bool
    action: Action
    problems: tuple[Problem, ...] = ()
    changes: tuple[Mapping[str, Any] | ContractChange, ...] = ()
    source: str = ""  # name of the file it came in
    line: int = 1  # where the document begins there
    declared: str | None = None  # version of the standard, as written
    latest: str | None = None  # newest version of that standard
    latest_valid: bool | None = None  # under `latest`; None where it cannot be said

    def as_dict(self) -> dict[str, Any]:
        would = {} if self.latest is None else {self.latest: self.latest_valid}
        return {
            "kind": self.kind,
            "id": self.id,
            "version": self.version,
            "valid": self.valid,
            "action": self.action,
            "problems": [problem.as_dict() for problem in self.problems],
            "changes": [_shown(each) for each in self.changes],
            "declared": self.declared,
            "latest": self.latest,
            "latest_valid": self.latest_valid,
            "would_be_valid_under": would,
        }


@dataclass(frozen=True)
class Report:
    """One answer for all documents, in the order they were given."""

    mode: Mode
    documents: tuple[DocumentReport, ...]
    applied: bool  # whether the transaction was kept

    @property
    def valid(self) -> bool:
        return all(document.valid for document in self.documents)

    @property
    def refused(self) -> int:
        return sum(document.action == REFUSED for document in self.documents)

    @property
    def changed(self) -> int:
        """Documents that were written (in a plan: would be)."""
        return sum(document.action in ("create", "update") for document in self.documents)

    def as_dict(self) -> dict[str, Any]:
        """The public form (INTERFACE §4)."""
        documents = [document.as_dict() for document in self.documents]
        return {"mode": self.mode, "valid": self.valid, "documents": documents}


def _shown(each: Mapping[str, Any] | ContractChange) -> dict[str, Any]:
    """`{"field", "from", "to"}`; of a contract also whom the change hits and how hard."""
    if not isinstance(each, ContractChange):
        return dict(each)
    return {
        **change(each.path, each.before, each.after),
        "pointer": each.pointer,
        "code": each.code,
        "level": each.level,
        "direction": each.direction,
        "message": each.message,
    }
