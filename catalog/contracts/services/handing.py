"""Contracts that go to another team."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Team
from catalog.contracts.models import DataContract
from catalog.contracts.services.indexing import reindex
from core import audit


@transaction.atomic
def hand_over_contracts(*, contract_ids: Collection[UUID], to_team: Team, actor: Actor) -> None:
    """Give contracts to another team; the caller has checked that `actor` may."""
    ids = list(contract_ids)
    DataContract.objects.filter(pk__in=ids).update(owner=to_team)
    reindex(ids)
    audit.record_many(
        audit.AuditData(actor.name, "contract.handed-over", "contract", pk, {"team": to_team.slug})
        for pk in ids
    )
