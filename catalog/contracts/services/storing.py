"""Taking versions of contracts: one way in, for one and for thousands."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.contracts.formats import odcs
from catalog.contracts.models import ContractVersion
from catalog.contracts.services.claiming import claimed
from catalog.contracts.services.inputs import (
    Action,
    Outcome,
    SavedVersion,
    VersionInput,
    problems_of,
)
from catalog.contracts.services.writing import write_chunk
from core.documents import Document
from core.errors import DomainError, Invalid

CHUNK = 500  # versions that are held in memory and written at once


def save_version(
    *,
    document: Document,
    actor: Actor,
    owner: Team,
    domain: Domain,
    visibility: str = "company",
    instance_id: UUID | None = None,
) -> tuple[ContractVersion, Action]:
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


def store_version(
    *,
    document: Document,
    actor: Actor,
    owner: Team,
    domain: Domain,
    visibility: str = "company",
    instance_id: UUID | None = None,
) -> tuple[ContractVersion, Action]:
    """`save_version` of a document that was found valid before."""
    item = VersionInput(document, owner, domain, visibility, instance_id)
    (outcome,) = _stored([item], actor)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome.version, outcome.action


def store_versions(items: Sequence[VersionInput], *, actor: Actor) -> list[Outcome]:
    """Take many versions, each on its own: a refusal does not touch the others.

    The order is kept: a later version of one contract is compared with the one before it.

    Returns:
        For each item a `SavedVersion`, or the problems that refuse it: `id-owned-elsewhere`,
        `not-allowed`, `version-content-differs`, `too-long`.

    Two writers of one id: the second waits for the first, then finds what it wrote.

    Cost: three statements for the contracts, about a dozen for every `CHUNK` versions.
    """
    return [
        problems_of(each) if isinstance(each, DomainError) else each
        for each in _stored(items, actor)
    ]


@transaction.atomic
def _stored(items: Sequence[VersionInput], actor: Actor) -> list[SavedVersion | DomainError]:
    claims = claimed(items, actor)
    outcomes: list[SavedVersion | DomainError] = []
    for at in range(0, len(items), CHUNK):
        part = slice(at, at + CHUNK)
        outcomes += write_chunk(items[part], claims[part], actor)
    return outcomes
