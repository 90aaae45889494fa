"""Versions of contracts, written a chunk at a time: read, decide, then write all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.actors import Actor
from catalog.contracts.extensions import promised_versions
from catalog.contracts.formats.odcs_diff import Change, Summary, diff, summarise
from catalog.contracts.models import (
    ContractVersion,
    DataContract,
    QualityRule,
    SchemaObject,
    Sla,
)
from catalog.contracts.rows import create_rows, fitted
from catalog.contracts.services.claiming import Claim
from catalog.contracts.services.indexing import index, reindex
from catalog.contracts.services.inputs import (
    IMMUTABLE,
    Action,
    BreakingChange,
    SavedVersion,
    VersionContentDiffers,
    VersionInput,
)
from core import audit, outbox
from core.copying import insert_objects, update_objects
from core.errors import DomainError

CONTENT = ["api_version", "status", "text", "sha256", "document", "created_by"]
Key = tuple[UUID, str]  # contract, version


@dataclass
class Before:
    """What a version follows: the newest one so far, or the draft whose place it takes."""

    pk: int | None  # None: not written yet
    version: str
    document: Any  # None: to be read


@dataclass
class Step:
    """One item on its way: which version it becomes, and what that version follows."""

    item: VersionInput
    contract: DataContract
    version: ContractVersion
    action: Action
    before: Before | None = None
    changes: tuple[Change, ...] = ()

    @property
    def key(self) -> Key:
        return self.contract.pk, self.version.version

    @property
    def summary(self) -> Summary | None:
        """What the changes amount to; None for the first version of a contract."""
        if self.before is None:
            return None
        names = {"old_version": self.before.version, "new_version": self.version.version}
        return summarise(self.changes, **names)

    @property
    def is_change(self) -> bool:
        return self.action != "unchanged"


def write_chunk(
    items: Sequence[VersionInput], claims: Sequence[Claim], actor: Actor
) -> list[SavedVersion | DomainError]:
    """Write what is new of `items` into their locked contracts; at most some hundreds at once."""
    plan = Plan(items, claims, actor)
    steps = [plan.step(item, claim) for item, claim in zip(items, claims, strict=True)]
    taken = [step for step in steps if isinstance(step, Step) and step.is_change]
    if taken:
        _compare(taken)
        _write(plan, taken)
        _record(taken, actor)
    return [
        SavedVersion(step.version, step.action, step.changes) if isinstance(step, Step) else step
        for step in steps
    ]


class Plan:
    """What the contracts hold, and will hold after the items that were decided so far."""

    def __init__(
        self, items: Iterable[VersionInput], claims: Sequence[Claim], actor: Actor
    ) -> None:
        self.actor = actor
        ids = {claim.pk for claim in claims if isinstance(claim, DataContract)}
        stored = ContractVersion.objects.filter(contract__in=ids).defer("text", "document")
        self.versions: dict[Key, ContractVersion] = {}
        self.newest: dict[UUID, ContractVersion] = {}
        self.latest: dict[Key, Step] = {}  # the last step of each version
        for version in stored.order_by("pk"):
            self._hold(version)
        self.promised = promised_versions(self._replaced(items, claims))

    def _replaced(self, items: Iterable[VersionInput], claims: Iterable[Claim]) -> set[int]:
        """The drafts that get other content."""
        known = [
            (item, self.versions.get((claim.pk, item.parsed.version)))
            for item, claim in zip(items, claims, strict=True)
            if isinstance(claim, DataContract)
        ]
        return {
            version.pk
            for item, version in known
            if version is not None
            and version.sha256 != item.sha256
            and version.status.lower() not in IMMUTABLE
        }

    def step(self, item: VersionInput, claim: Claim) -> Step | DomainError:
        if isinstance(claim, DomainError):
            return claim
        doc = item.parsed
        known = self.versions.get((claim.pk, doc.version))
        if known is None:
            return self._create(item, claim)
        if known.sha256 == item.sha256:
            return Step(item, claim, known, "unchanged")
        if known.status.lower() in IMMUTABLE:
            return VersionContentDiffers(
                f"Version {doc.version} is published with other content; give this one a new "
                "version.",
                document_id=doc.document_id,
                version=doc.version,
            )
        broken = self._broken(item, known) if known.pk in self.promised else []
        if broken:
            return BreakingChange(
                f"A published port offers version {doc.version}, and this breaks those who read it:"
                f" {' '.join(each.message for each in broken[:3])} Give it a new version.",
                document_id=doc.document_id,
                version=doc.version,
            )
        return self._update(item, claim, known)

    def _broken(self, item: VersionInput, known: ContractVersion) -> list[Change]:
        """What of the draft breaks its readers. One statement; promised drafts are rare."""
        earlier = self.latest.get((known.contract_id, known.version))
        if earlier is not None:
            before = earlier.item.document.data
        else:
            before = ContractVersion.objects.values_list("document", flat=True).get(pk=known.pk)
        return [each for each in diff(before, item.document.data) if each.breaks_consumers]

    def newest_steps(self) -> tuple[list[Step], list[UUID]]:
        """Steps that gave a contract its newest version, and contracts that got an older one."""
        touched = {step.contract.pk for step in self.latest.values()}
        newest = {pk: self.latest.get((pk, self.newest[pk].version)) for pk in touched}
        steps = [step for step in newest.values() if step is not None]
        return steps, [pk for pk, step in newest.items() if step is None]

    def _create(self, item: VersionInput, contract: DataContract) -> Step:
        before = self.newest.get(contract.pk)
        version = ContractVersion(
            contract=contract,
            version=item.parsed.version,
            instance_id=item.instance_id,
            **self._content(item),
        )
        self._hold(version)
        return self._taken(item, contract, version, "create", before)

    def _update(self, item: VersionInput, contract: DataContract, version: ContractVersion) -> Step:
        """Give a draft other content under the same key, so that ports keep naming it."""
        step = self._taken(item, contract, version, "update", version)
        for name, value in self._content(item).items():
            setattr(version, name, value)
        version.contract = contract
        return step

    def _taken(
        self,
        item: VersionInput,
        contract: DataContract,
        version: ContractVersion,
        action: Action,
        before: ContractVersion | None,
    ) -> Step:
        step = Step(item, contract, version, action)
        if before is not None:
            earlier = self.latest.get((contract.pk, before.version))
            document = earlier.item.document.data if earlier else None
            step.before = Before(before.pk, before.version, document)
        self.latest[step.key] = step
        return step

    def _content(self, item: VersionInput) -> dict[str, Any]:
        doc = item.parsed
        return {
            **fitted(ContractVersion, api_version=doc.api_version, status=doc.status),
            "text": item.document.text,
            "sha256": item.sha256,
            "document": item.document.data,
            "created_by": self.actor.name,
        }

    def _hold(self, version: ContractVersion) -> None:
        self.versions[version.contract_id, version.version] = version
        self.newest[version.contract_id] = version


def _compare(taken: Sequence[Step]) -> None:
    """Fill in what changed since the version before. Cost: one statement."""
    waiting = [step.before for step in taken if step.before and step.before.document is None]
    if waiting:
        rows = ContractVersion.objects.in_bulk([each.pk for each in waiting if each.pk])
        for each in waiting:
            each.document = rows[each.pk or 0].document
    for step in taken:
        if step.before is not None:
            step.changes = diff(step.before.document, step.item.document.data)


def _write(plan: Plan, taken: Sequence[Step]) -> None:
    kept = list(plan.latest.values())
    replaced = [step.version for step in kept if step.version.pk is not None]
    created = [step.version for step in taken if step.action == "create"]
    insert_objects(created)
    if replaced:
        update_objects(replaced, CONTENT)
        for model in (SchemaObject, QualityRule, Sla):
            model._default_manager.filter(version__in=replaced).delete()
    create_rows((step.version, step.item.parsed) for step in kept)
    _follow(taken)
    newest, others = plan.newest_steps()
    shown = [step for step in newest if step.item.shown]
    contracts = {step.contract.pk: step.contract for step in shown}
    index(contracts, [(step.version, step.item.parsed) for step in shown])
    reindex(others)


def _follow(taken: Iterable[Step]) -> None:
    """Give contracts the name and domain of the version that was taken last."""
    changed: dict[UUID, DataContract] = {}
    for step in taken:
        contract, item = step.contract, step.item
        if (contract.name, contract.domain_id) != (item.name, item.domain.pk):
            contract.name, contract.domain = item.name, item.domain
            changed[contract.pk] = contract
    update_objects(changed.values(), ["name", "domain"])


def _record(taken: Iterable[Step], actor: Actor) -> None:
    steps = [(step, step.summary) for step in taken]
    audit.record_many(
        audit.AuditData(
            actor.name,
            "contract.saved",
            "contract",
            step.contract.pk,
            {
                "version": step.version.version,
                "action": step.action,
                **({"level": summary.level} if summary else {}),
            },
        )
        for step, summary in steps
    )
    changed = {step.contract.pk: {"contract_id": str(step.contract.pk)} for step, _ in steps}
    outbox.emit_many(
        [
            *(_event(step, summary, actor) for step, summary in steps if summary),
            *(outbox.EventData("contract.changed", pk, ids) for pk, ids in changed.items()),
        ]
    )


def _event(step: Step, summary: Summary, actor: Actor) -> outbox.EventData:
    """A further version, or other content of a draft: what it means to those who read it."""
    assert step.before is not None
    return outbox.EventData(
        "contract.version-saved",
        step.contract.pk,
        {
            "contract": str(step.contract.pk),
            "document_id": step.contract.document_id,
            "from": step.before.version,
            "to": step.version.version,
            **summary.as_dict(),
            "by": actor.name,
        },
    )
