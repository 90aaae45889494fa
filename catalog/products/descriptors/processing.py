"""Validate, plan or apply a stream of descriptors: contracts first, then products."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.contracts import services as contracts
from catalog.contracts.formats import odcs
from catalog.contracts.models import DataContract
from catalog.products import services as products
from catalog.products.data import ProductData
from catalog.products.descriptors.entities import leave_others, put_systems
from catalog.products.descriptors.export import unchanged_ids
from catalog.products.descriptors.placing import Places
from catalog.products.descriptors.reading import Doc, embedded, read
from catalog.products.descriptors.report import REFUSED, DocumentReport, Mode, Report
from catalog.products.descriptors.translation import product_data, public_pointer
from catalog.products.formats import backstage, odps
from catalog.products.models import DataProduct
from core.descriptors import Verdict
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
    id: str = ""  # as far as it can be read
    version: str = ""
    doc: Doc | None = None  # None: not valid
    verdict: Verdict | None = None  # by its standard
    problems: list[Problem] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)  # what depends on the portal
    action: Any = REFUSED
    changes: tuple[Any, ...] = ()
    domain: Domain | None = None  # where it goes
    team: Team | None = None  # whose it will be

    @property
    def key(self) -> tuple[str, ...]:
        """What may stand once in one call."""
        if isinstance(self.doc, odcs.ContractDoc):
            return self.kind, self.doc.document_id, self.doc.version
        return self.kind, self.id


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
    every = [each for document in documents for each in (document, *embedded(document))]
    return [_judged(document, source) for document in every]


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
    found = read(document)
    return Entry(
        document,
        source,
        kind=found.kind,
        id=found.id,
        version=found.version,
        doc=found.doc,
        verdict=found.verdict,
        problems=list(found.problems),
    )


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
    entities = [entry for entry in waiting if isinstance(entry.doc, backstage.Entity)]
    leave_others(entities)
    placed = [entry for entry in waiting if _is_taken(entry) and _place(entry, places)]
    offered = {
        port.contract_id
        for each in placed
        if isinstance(each.doc, odps.ProductDoc)
        for port in each.doc.output_ports
    }
    stored = [each for each in placed if isinstance(each.doc, odcs.ContractDoc)]
    _store_contracts(stored, actor, offered)
    put_systems([each for each in placed if isinstance(each.doc, backstage.Entity)], actor)
    _put_products([each for each in placed if isinstance(each.doc, odps.ProductDoc)], actor)
    contracts.reindex_unoffered(offered & {each.id for each in stored})


def _is_taken(entry: Entry) -> bool:
    return not isinstance(entry.doc, backstage.Entity) or entry.doc.is_system


def _place(entry: Entry, places: Places) -> bool:
    """Find the domain and the team of a document; False: refused."""
    assert entry.doc is not None
    domain, team = places.domain(entry.doc.domain), places.team(entry.doc.team)
    entry.refusals += [each for each in (domain, team) if isinstance(each, Problem)]
    if isinstance(domain, Domain) and isinstance(team, Team):
        entry.domain, entry.team = domain, team
    return not entry.refusals


def _store_contracts(entries: Sequence[Entry], actor: Actor, named: Collection[str]) -> None:
    """`named`: contracts that a port of this call names, so that they hardly stand in search."""
    items = [_version_input(each, shown=each.id not in named) for each in entries]
    outcomes = contracts.store_versions(items, actor=actor)
    for entry, outcome in zip(entries, outcomes, strict=True):
        if isinstance(outcome, contracts.SavedVersion):
            entry.action, entry.changes = outcome.action, outcome.changes
        else:
            entry.refusals += outcome


def _version_input(entry: Entry, *, shown: bool) -> contracts.VersionInput:
    assert isinstance(entry.doc, odcs.ContractDoc)
    assert entry.domain is not None
    assert entry.team is not None
    return contracts.VersionInput(
        entry.document, entry.team, entry.domain, doc=entry.doc, shown=shown
    )


def _put_products(entries: Sequence[Entry], actor: Actor) -> None:
    items = [_product_data(entry) for entry in entries]
    same = unchanged_ids(items, actor)
    changing = []
    for entry, item in zip(entries, items, strict=True):
        if item.document_id in same:
            entry.action = "unchanged"
        else:
            changing.append((entry, item))
    outcomes = products.put_products(items=[item for _, item in changing], actor=actor)
    for (entry, _), outcome in zip(changing, outcomes, strict=True):
        entry.action, entry.changes = outcome.action, outcome.changes
        entry.refusals += outcome.problems
        entry.problems += [_placed(each, entry.document) for each in outcome.warnings]


def _product_data(entry: Entry) -> ProductData:
    assert isinstance(entry.doc, odps.ProductDoc)
    assert entry.domain is not None
    assert entry.team is not None
    return product_data(entry.doc, entry.document, entry.domain, entry.team)


def _forgive(entries: Iterable[Entry]) -> None:
    """In `validate` what depends on the portal is a warning."""
    refused = [entry for entry in entries if entry.refusals]
    ids = [entry.id for entry in refused]
    known = {
        *DataContract.objects.filter(document_id__in=ids).values_list("document_id", flat=True),
        *DataProduct.objects.filter(document_id__in=ids).values_list("document_id", flat=True),
    }
    for entry in refused:
        entry.refusals = [replace(problem, severity="warning") for problem in entry.refusals]
        entry.action = "update" if entry.id in known else "create"


def _report(entry: Entry) -> DocumentReport:
    refusals = [_placed(problem, entry.document) for problem in entry.refusals]
    return DocumentReport(
        kind=entry.kind,
        id=entry.id,
        version=entry.version,
        valid=entry.doc is not None,
        action=entry.action,
        problems=(*entry.problems, *refusals),
        changes=entry.changes,
        source=entry.source,
        line=entry.document.first_line,
        declared=entry.verdict.declared if entry.verdict else None,
        latest=entry.verdict.latest if entry.verdict else None,
        latest_valid=entry.verdict.latest_valid if entry.verdict else None,
    )


def _placed(problem: Problem, document: Document) -> Problem:
    pointer = public_pointer(problem.pointer)
    return replace(problem, pointer=pointer, line=problem.line or document.line_of(pointer))
