"""What is handed in to be stored, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple
from uuid import UUID

import orjson

from accounts.models import Domain, Team
from catalog.contracts.formats import odcs
from catalog.contracts.formats.odcs_diff import Change
from catalog.contracts.models import ContractVersion
from catalog.contracts.states import ContractStatus
from core.documents import Document
from core.errors import Conflict, DomainError, Invalid
from core.problems import Problem

IMMUTABLE = frozenset({ContractStatus.ACTIVE, ContractStatus.DEPRECATED, ContractStatus.RETIRED})
LONGEST = {"id": 400, "version": 100}  # characters
LONGEST_NAME = 255
LONGEST_PATH = 1_000
POINTERS = {
    "version-content-differs": "/version",
    "breaking-change": "/version",
    "id-owned-elsewhere": "/id",
}

Action = Literal["create", "update", "unchanged"]


class VersionContentDiffers(Conflict):
    """A published contract version is immutable (INTERFACE §4a)."""

    code = "version-content-differs"


class BreakingChange(Conflict):
    """Other content of a version that a published port offers, which breaks those who read it."""

    code = "breaking-change"


@dataclass(frozen=True)
class VersionInput:
    """One version of a contract, found valid before.

    `visibility` holds until a port names the contract; `instance_id`: whose provisioning brings
    it and may take it away again; `doc`: the document as `odcs.parse` read it, if it was read;
    `shown`: False leaves the search row to the caller, who may be about to let a port name it.
    """

    document: Document
    owner: Team
    domain: Domain
    visibility: str = "company"  # company, domain, restricted
    instance_id: UUID | None = None
    doc: odcs.ContractDoc | None = None
    shown: bool = True

    @cached_property
    def parsed(self) -> odcs.ContractDoc:
        return self.doc or odcs.parse(self.document.data)

    @cached_property
    def sha256(self) -> str:
        """Of the canonical form: the order of keys, spaces and syntax do not count."""
        canonical = orjson.dumps(self.document.data, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(canonical).hexdigest()

    @property
    def name(self) -> str:
        """What the contract is called by this version."""
        doc = self.parsed
        return (doc.name or doc.data_product or doc.document_id)[:200]


class SavedVersion(NamedTuple):
    """A version as it stands now; `changes` against what it follows (none for a first one)."""

    version: ContractVersion
    action: Action  # update: a draft was replaced
    changes: tuple[Change, ...]


# Told apart by `isinstance(outcome, SavedVersion)`.
Outcome = SavedVersion | tuple[Problem, ...]


def problems_of(error: DomainError) -> tuple[Problem, ...]:
    """A refusal as findings in the document."""
    if isinstance(error, Invalid) and error.problems:
        return error.problems
    return (Problem(POINTERS.get(error.code, ""), error.code, str(error)),)


def length_refusal(item: VersionInput) -> Invalid | None:
    """Why the document does not fit into the catalogue; other texts are cut in its rows only."""
    found = [
        Problem(
            pointer,
            "too-long",
            f"Use {longest} characters at most; these are {len(text)}.",
            line=item.document.line_of(pointer),
        )
        for pointer, text, longest in _names(item.parsed)
        if len(text) > longest
    ]
    return Invalid("The contract does not fit into the catalogue.", found) if found else None


def _names(doc: odcs.ContractDoc) -> Iterator[tuple[str, str, int]]:
    """Texts that the catalogue must keep whole, with their place and the room there is."""
    yield "/id", doc.document_id, LONGEST["id"]
    yield "/version", doc.version, LONGEST["version"]
    for described in doc.objects:
        yield f"{described.pointer}/name", described.name, LONGEST_NAME
        for each in described.all_properties():
            yield f"{each.pointer}/name", each.name, LONGEST_NAME
            yield f"{each.pointer}/name", each.path, LONGEST_PATH
