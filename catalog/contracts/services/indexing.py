"""Search rows of contracts, and what the ports say of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from catalog.contracts.entries import entry_of
from catalog.contracts.formats import odcs
from catalog.contracts.models import ContractVersion, DataContract
from catalog.search import services as search
from core.copying import update_objects

SEARCH_KIND = "contract"
OFFERED = ["offered", "visibility", "reader_team_ids", "reader_user_ids"]

Newest = tuple[ContractVersion, odcs.ContractDoc]


@dataclass(frozen=True)
class Offer:
    """How the ports that name a contract show it: as its widest port."""

    visibility: str  # company, domain, restricted
    reader_team_ids: Collection[int] = ()
    reader_user_ids: Collection[int] = ()


@transaction.atomic
def record_offers(offers: Mapping[UUID, Offer | None]) -> None:
    """Keep what the ports say of contracts: who may see them; None: no port names it any more.

    A contract that no port names is a row of its own in search ("not yet offered").

    Cost: one statement for those that change nothing, two more for those that do.
    """
    rows = DataContract.objects.select_for_update(no_key=True).order_by("pk")
    changed = [each for each in rows.filter(pk__in=offers) if _takes(each, offers[each.pk])]
    update_objects(changed, OFFERED)
    reindex(each.pk for each in changed)


def _takes(contract: DataContract, offer: Offer | None) -> bool:
    """Give the contract what its ports say; whether that is news."""
    before = [getattr(contract, name) for name in OFFERED]
    contract.offered = offer is not None
    contract.visibility = offer.visibility if offer else contract.visibility
    contract.reader_team_ids = sorted(offer.reader_team_ids) if offer else []
    contract.reader_user_ids = sorted(offer.reader_user_ids) if offer else []
    return before != [getattr(contract, name) for name in OFFERED]


def reindex(contract_ids: Iterable[UUID]) -> None:
    """Write the search rows of contracts that no port names, remove the others.

    Cost: four statements, one more for every 500 rows.
    """
    ids = list(contract_ids)
    if not ids:
        return
    contracts = DataContract.objects.filter(pk__in=ids).select_related("owner", "domain")
    free = {contract.pk: contract for contract in contracts if not contract.offered}
    search.remove_many(SEARCH_KIND, [pk for pk in ids if pk not in free])
    newest = (
        ContractVersion.objects.filter(contract__in=free)
        .order_by("contract_id", "-id")
        .distinct("contract_id")
        .defer("text")
    )
    index(free, [(version, odcs.parse(version.document)) for version in newest])


def reindex_unoffered(document_ids: Collection[str]) -> None:
    """Write the search rows of those of these contracts that no port names."""
    free = DataContract.objects.filter(document_id__in=document_ids, offered=False)
    reindex(free.values_list("pk", flat=True))


def index(contracts: Mapping[UUID, DataContract], newest: Iterable[Newest]) -> None:
    """Write search rows of contracts whose newest version is at hand; none for offered ones."""
    search.index_many(
        entry_of(contracts[version.contract_id], version, doc)
        for version, doc in newest
        if not contracts[version.contract_id].offered
    )
