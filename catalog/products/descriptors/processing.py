"""Validate, plan or apply a stream of descriptors: contracts first, then products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.contracts import services as contracts
from catalog.contracts.formats import odcs
from catalog.contracts.models import DataContract
from catalog.products import services as products
from catalog.products.descriptors.placing import Places
from catalog.products.descriptors.report import REFUSED, DocumentReport, Mode, Report
from catalog.products.descriptors.translation import product_data, public_pointer
from catalog.products.formats import odps
from catalog.products.formats.detect import (
    DATA_CONTRACT,
    DATA_PRODUCT,
    detect_kind,
    unknown_kind,
)
from catalog.products.models import DataProduct
from core.documents import Document, DocumentError, Media, load_documents
from core.errors import DomainError
from core.problems import Problem

TOO_LARGE = frozenset(
    {"stream-too-large", "document-too-large", "too-many-documents", "too-many-nodes"}
)
OnError = Literal["abort", "skip"]


class TooLarge(DomainError):
    """More was handed in than one call takes."""

    code = "too-large"
    status = 413


@dataclass
class Entry:
    """One document on its way."""

    document: Document
    source: str  # name of the file
    kind: str = ""
    doc: odcs.ContractDoc | odps.ProductDoc | None = None  # None: not valid
    problems: list[Problem] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)  # what depends on the portal
    action: Any = REFUSED
    changes: tuple[Any, ...] = ()
    domain: Domain | None = None  # where it goes
    team: Team | None = None  # whose it will be

    def text(self, name: str) -> str:
        """A field of the document as far as it can be read, for the report."""
        data = self.document.data
        value = data.get(name) if isinstance(data, dict) else None
        return "" if value is None else str(value)[:400]

    @property
    def key(self) -> tuple[str, ...]:
        """What may stand once in one call."""
        if isinstance(self.doc, odcs.ContractDoc):
            return self.kind, self.doc.document_id, self.doc.version
        return self.kind, self.text("id")


def process(
    *,
    text: bytes,
    mode: Mode,
    actor: Actor,
    domain: str | None = None,
    team: str | None = None,
    on_error: OnError = "abort",
    media: Media | None = None,
) -> Report:
    """Take one document, a YAML stream or a JSON array; see `process_files`.

    Raises:
        TooLarge: the whole is over a limit.
    """
    entries = _read("", text, media)
    codes = {problem.code for problem in entries[0].problems}
    if len(entries) == 1 and codes & TOO_LARGE:
        problems = entries[0].problems
        message = " ".join(problem.message for problem in problems)
        raise TooLarge(message, problems=[problem.as_dict() for problem in problems])
    return _processed(entries, mode=mode, actor=actor, domain=domain, team=team, on_error=on_error)


def process_files(
    *,
    files: Iterable[tuple[str, bytes]],
    mode: Mode,
    actor: Actor,
    domain: str | None = None,
    team: str | None = None,
    on_error: OnError = "abort",
) -> Report:
    """Take the documents of several files as one call.

    Args:
        files: name and content of each.
        mode: `validate` judges; `plan` also says what would change; `apply` does it.
        domain: path for documents that name no known one.
        team: slug for documents that name no known one.
        on_error: `abort`: nothing is kept when a document is refused; `skip`: the rest is.

    A plan is an apply that is rolled back, so it cannot say anything else.
    """
    entries = [entry for name, text in files for entry in _read(name, text, None)]
    return _processed(entries, mode=mode, actor=actor, domain=domain, team=team, on_error=on_error)


def _read(source: str, text: bytes, media: Media | None) -> list[Entry]:
    try:
        documents = load_documents(text, media=media, strict=False)
    except DocumentError as error:
        unreadable = Document(None, "", media or "yaml", problems=error.problems)
        return [Entry(unreadable, source, problems=list(error.problems))]
    return [_judged(document, source) for document in documents]


def _processed(
    entries: list[Entry],
    *,
    mode: Mode,
    actor: Actor,
    domain: str | None,
    team: str | None,
    on_error: OnError,
) -> Report:
    _refuse_duplicates(entries)
    with transaction.atomic():
        _put_all(entries, actor=actor, domain=domain, team=team)
        refused = any(entry.action == REFUSED for entry in entries)
        applied = mode == "apply" and not (refused and on_error == "abort")
        if not applied:
            transaction.set_rollback(True)
    if mode == "validate":
        _forgive(entries)
    return Report(mode, tuple(_report(entry) for entry in entries), applied)


def _judged(document: Document, source: str) -> Entry:
    entry = Entry(document, source)
    if document.problems:
        entry.problems = list(document.problems)
        return entry
    kind = detect_kind(document.data)
    if kind is None:
        entry.kind, entry.problems = entry.text("kind"), [unknown_kind(document)]
        return entry
    entry.kind = kind
    reader: Any = odcs if kind == DATA_CONTRACT else odps
    verdict = reader.validate(document)
    entry.problems = list(verdict.problems)
    if verdict.valid:
        entry.doc = reader.parse(document.data)
    return entry


def _refuse_duplicates(entries: Iterable[Entry]) -> None:
    first: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        if entry.doc is None:
            continue
        earlier = first.setdefault(entry.key, entry)
        if earlier is not entry:
            place = f"{earlier.source} line {earlier.document.first_line}".strip()
            message = f"The same id and version stand in an earlier document ({place})."
            entry.refusals.append(Problem("/id", "duplicate-document", message))


def _put_all(entries: list[Entry], *, actor: Actor, domain: str | None, team: str | None) -> None:
    waiting = [entry for entry in entries if entry.doc is not None and not entry.refusals]
    named = [(entry.doc.domain, entry.doc.team) for entry in waiting if entry.doc]
    places = Places(named, actor=actor, domain=domain, team=team)
    placed = [entry for entry in waiting if _place(entry, places)]
    _store_contracts([entry for entry in placed if entry.kind == DATA_CONTRACT], actor)
    _put_products([entry for entry in placed if entry.kind == DATA_PRODUCT], actor)


def _place(entry: Entry, places: Places) -> bool:
    """Find the domain and the team of a document; False: refused."""
    assert entry.doc is not None
    domain, team = places.domain(entry.doc.domain), places.team(entry.doc.team)
    entry.refusals += [each for each in (domain, team) if isinstance(each, Problem)]
    if isinstance(domain, Domain) and isinstance(team, Team):
        entry.domain, entry.team = domain, team
    return not entry.refusals


def _store_contracts(entries: Sequence[Entry], actor: Actor) -> None:
    outcomes = contracts.store_versions([_version_input(each) for each in entries], actor=actor)
    for entry, outcome in zip(entries, outcomes, strict=True):
        if isinstance(outcome, contracts.SavedVersion):
            entry.action, entry.changes = outcome.action, outcome.changes
        else:
            entry.refusals += outcome


def _version_input(entry: Entry) -> contracts.VersionInput:
    assert isinstance(entry.doc, odcs.ContractDoc)
    assert entry.domain is not None
    assert entry.team is not None
    return contracts.VersionInput(entry.document, entry.team, entry.domain, doc=entry.doc)


def _put_products(entries: list[Entry], actor: Actor) -> None:
    items = [_product_data(entry) for entry in entries]
    for entry, outcome in zip(
        entries, products.put_products(items=items, actor=actor), strict=True
    ):
        entry.action, entry.changes = outcome.action, outcome.changes
        entry.refusals += outcome.problems
        entry.problems += [_placed(each, entry.document) for each in outcome.warnings]


def _product_data(entry: Entry) -> products.ProductData:
    assert isinstance(entry.doc, odps.ProductDoc)
    assert entry.domain is not None
    assert entry.team is not None
    return product_data(entry.doc, entry.document, entry.domain, entry.team)


def _forgive(entries: Iterable[Entry]) -> None:
    """In `validate` what depends on the portal is a warning."""
    refused = [entry for entry in entries if entry.refusals]
    ids = [entry.text("id") for entry in refused]
    known = {
        *DataContract.objects.filter(document_id__in=ids).values_list("document_id", flat=True),
        *DataProduct.objects.filter(document_id__in=ids).values_list("document_id", flat=True),
    }
    for entry in refused:
        entry.refusals = [replace(problem, severity="warning") for problem in entry.refusals]
        entry.action = "update" if entry.text("id") in known else "create"


def _report(entry: Entry) -> DocumentReport:
    refusals = [_placed(problem, entry.document) for problem in entry.refusals]
    return DocumentReport(
        kind=entry.kind,
        id=entry.text("id"),
        version=entry.text("version"),
        valid=entry.doc is not None,
        action=entry.action,
        problems=(*entry.problems, *refusals),
        changes=entry.changes,
        source=entry.source,
        line=entry.document.first_line,
    )


def _placed(problem: Problem, document: Document) -> Problem:
    pointer = public_pointer(problem.pointer)
    return replace(problem, pointer=pointer, line=problem.line or document.line_of(pointer))
