"""Verbs on contracts."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import ProtectedError

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.contracts import policies
from catalog.contracts.entries import entry_of
from catalog.contracts.formats import odcs
from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.rows import create_rows, fitted
from catalog.contracts.states import ContractStatus
from catalog.search import services as search
from core import audit
from core.audit import AuditData
from core.documents import Document
from core.errors import Conflict, Invalid
from core.problems import Problem

SEARCH_KIND = "contract"
IMMUTABLE = frozenset({ContractStatus.ACTIVE, ContractStatus.DEPRECATED, ContractStatus.RETIRED})
LONGEST = {"id": 400, "version": 100}  # characters
LONGEST_NAME = 255
LONGEST_PATH = 1_000


class VersionContentDiffers(Conflict):
    """A published contract version is immutable (INTERFACE §4a)."""

    code = "version-content-differs"


@dataclass(frozen=True)
class Offer:
    """How the ports that name a contract show it: as its widest port."""

    visibility: str  # company, domain, restricted
    reader_team_ids: Collection[int] = ()
    reader_user_ids: Collection[int] = ()


@transaction.atomic
def save_version(
    *,
    document: Document,
    actor: Actor,
    owner: Team,
    domain: Domain,
    visibility: str = "company",
    instance_id: UUID | None = None,
) -> tuple[ContractVersion, str]:
    """Take one version of a contract as given.

    Args:
        visibility: until a port names the contract.
        instance_id: whose provisioning brings it; it may take it away again.

    Returns:
        The version, and `create`, `update` (a draft was replaced) or `unchanged`.

    Raises:
        Invalid: the document breaks the standard or is too long for the catalogue.
        NotAllowed: `actor` does not act for `owner`; code `id-owned-elsewhere`: the id is another
            team's.
        Conflict: code `version-content-differs`: the version is published with other content.
    """
    verdict = odcs.validate(document)
    if not verdict.valid:
        raise Invalid("The contract breaks the standard.", verdict.problems)
    return store_version(
        document=document,
        actor=actor,
        owner=owner,
        domain=domain,
        visibility=visibility,
        instance_id=instance_id,
    )


@transaction.atomic
def store_version(
    *,
    document: Document,
    actor: Actor,
    owner: Team,
    domain: Domain,
    visibility: str = "company",
    instance_id: UUID | None = None,
) -> tuple[ContractVersion, str]:
    """`save_version` of a document that was found valid before."""
    doc = odcs.parse(document.data)
    too_long = list(_too_long(doc, document))
    if too_long:
        raise Invalid("The contract does not fit into the catalogue.", too_long)
    contract = _claimed(doc, owner, domain, visibility)
    policies.require_contract_write(actor, contract, owner)
    version, action = _put_version(contract, document, doc, actor, instance_id)
    if action != "unchanged":
        _follow_newest(contract, doc, domain)
        reindex([contract.pk])
        audit.record(
            actor=actor.name,
            verb="contract.saved",
            kind="contract",
            object_id=contract.pk,
            version=version.version,
            action=action,
        )
    return version, action


@transaction.atomic
def remove_version(*, version: ContractVersion, actor: Actor) -> None:
    """Take a version away that no port names; the contract goes with its last version.

    Raises:
        NotAllowed: the contract is another team's.
        Conflict: a port names the version.
    """
    contract = version.contract
    policies.require_contract_write(actor, contract, contract.owner)
    try:
        with transaction.atomic():
            version.delete()
            if not contract.versions.exists():
                contract.delete()
    except ProtectedError:
        raise Conflict("A port names this contract version; change the port first.") from None
    search.remove(SEARCH_KIND, version.contract_id)
    reindex([version.contract_id])
    audit.record(
        actor=actor.name,
        verb="contract.version-removed",
        kind="contract",
        object_id=version.contract_id,
        version=version.version,
    )


@transaction.atomic
def record_offers(offers: Mapping[UUID, Offer | None]) -> None:
    """Keep what the ports say of contracts: who may see them; None: no port names it any more.

    A contract that no port names is a row of its own in search ("not yet offered").
    """
    locked = DataContract.objects.select_for_update().order_by("pk")
    contracts = {contract.pk: contract for contract in locked.filter(pk__in=list(offers))}
    alike: dict[tuple[Any, ...], list[UUID]] = defaultdict(list)
    for pk, contract in contracts.items():
        offer = offers[pk]
        teams = tuple(sorted(offer.reader_team_ids)) if offer else ()
        users = tuple(sorted(offer.reader_user_ids)) if offer else ()
        visibility = offer.visibility if offer else contract.visibility
        alike[offer is not None, visibility, teams, users].append(pk)
    for (offered, visibility, teams, users), pks in alike.items():
        DataContract.objects.filter(pk__in=pks).update(
            offered=offered,
            visibility=visibility,
            reader_team_ids=list(teams),
            reader_user_ids=list(users),
        )
    reindex(contracts)


@transaction.atomic
def hand_over_contracts(*, contract_ids: Collection[UUID], to_team: Team, actor: Actor) -> None:
    """Give contracts to another team; the caller has checked that `actor` may."""
    ids = list(contract_ids)
    DataContract.objects.filter(pk__in=ids).update(owner=to_team)
    reindex(ids)
    audit.record_many(
        AuditData(actor.name, "contract.handed-over", "contract", pk, {"team": to_team.slug})
        for pk in ids
    )


def reindex(contract_ids: Iterable[UUID]) -> None:
    """Write the search rows of contracts that no port names, remove the others. Four statements."""
    ids = list(contract_ids)
    contracts = DataContract.objects.filter(pk__in=ids).select_related("owner", "domain")
    search.remove_many(SEARCH_KIND, ids)
    free = [contract for contract in contracts if not contract.offered]
    newest = {
        version.contract_id: version
        for version in ContractVersion.objects.filter(contract__in=free)
        .order_by("contract_id", "-id")
        .distinct("contract_id")
        .defer("text")
    }
    search.index_many(
        entry_of(contract, newest[contract.pk]) for contract in free if contract.pk in newest
    )


def _claimed(doc: odcs.ContractDoc, owner: Team, domain: Domain, visibility: str) -> DataContract:
    """The contract of this id, locked; the first writer's team owns it."""
    contract, created = DataContract.objects.get_or_create(
        document_id=doc.document_id,
        defaults={
            "name": _name_of(doc),
            "owner": owner,
            "domain": domain,
            "visibility": visibility,
        },
    )
    if created:
        return contract
    return DataContract.objects.select_for_update().get(pk=contract.pk)


def _put_version(
    contract: DataContract,
    document: Document,
    doc: odcs.ContractDoc,
    actor: Actor,
    instance_id: UUID | None,
) -> tuple[ContractVersion, str]:
    sha256 = _digest(document.data)
    known = contract.versions.select_for_update().filter(version=doc.version).first()
    if known is not None and known.sha256 == sha256:
        return known, "unchanged"
    if known is not None and known.status.lower() in IMMUTABLE:
        raise VersionContentDiffers(
            f"Version {doc.version} is published with other content; give this one a new version.",
            document_id=doc.document_id,
            version=doc.version,
        )
    values = {
        **fitted(ContractVersion, api_version=doc.api_version, status=doc.status),
        "text": document.text,
        "sha256": sha256,
        "document": document.data,
        "created_by": actor.name,
    }
    if known is None:
        version = ContractVersion.objects.create(
            contract=contract, version=doc.version, instance_id=instance_id, **values
        )
    else:
        version = known
        _replace(version, values)
    create_rows(version, doc)
    return version, "update" if known else "create"


def _replace(version: ContractVersion, values: Mapping[str, Any]) -> None:
    """Give a draft other content under the same key, so that ports keep naming it."""
    for name, value in values.items():
        setattr(version, name, value)
    version.save(update_fields=list(values))
    version.objects_described.all().delete()
    version.quality_rules.all().delete()
    version.slas.all().delete()


def _follow_newest(contract: DataContract, doc: odcs.ContractDoc, domain: Domain) -> None:
    contract.name, contract.domain = _name_of(doc), domain
    contract.save(update_fields=["name", "domain"])


def _name_of(doc: odcs.ContractDoc) -> str:
    return (doc.name or doc.data_product or doc.document_id)[:200]


def _digest(data: Any) -> str:
    """SHA-256 of the canonical form: the order of keys, spaces and syntax do not count."""
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _too_long(doc: odcs.ContractDoc, document: Document) -> Iterator[Problem]:
    """Names that the catalogue cannot keep whole; other texts are cut in its rows only."""
    texts = [("/id", doc.document_id, LONGEST["id"]), ("/version", doc.version, LONGEST["version"])]
    for described in doc.objects:
        texts.append((f"{described.pointer}/name", described.name, LONGEST_NAME))
        for each in described.all_properties():
            texts.append((f"{each.pointer}/name", each.name, LONGEST_NAME))
            texts.append((f"{each.pointer}/name", each.path, LONGEST_PATH))
    for pointer, text, longest in texts:
        if len(text) > longest:
            message = f"Use {longest} characters at most; these are {len(text)}."
            yield Problem(pointer, "too-long", message, line=document.line_of(pointer))
