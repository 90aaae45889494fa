"""The contracts that versions belong to: found or made, locked, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from accounts.actors import Actor
from accounts.policies import can_act_for_team, require_act_for_team
from catalog.contracts import policies
from catalog.contracts.models import DataContract
from catalog.contracts.services.inputs import VersionInput, length_refusal
from core.copying import insert_objects
from core.errors import DomainError

Claim = DataContract | DomainError


def claimed(items: Sequence[VersionInput], actor: Actor) -> list[Claim]:
    """For each item its contract, locked, or why it may not be written.

    The first writer's team owns an id. New ids are written before known ones are locked, both in
    one order for everybody, so that two writers never wait for each other.

    Cost: two statements, and one for new contracts.
    """
    refusals = [length_refusal(item) for item in items]
    fitting = [item for item, refusal in zip(items, refusals, strict=True) if refusal is None]
    known = _by_document_id({item.parsed.document_id for item in fitting})
    writable = [item for item in fitting if _may_write(actor, item, known)]
    _add_missing(writable, known)
    known |= _by_document_id({item.parsed.document_id for item in writable}, lock=True)
    return [
        refusal or _judged(known.get(item.parsed.document_id), item, actor)
        for item, refusal in zip(items, refusals, strict=True)
    ]


def _by_document_id(ids: Iterable[str], *, lock: bool = False) -> dict[str, DataContract]:
    rows = DataContract.objects.select_related("owner", "domain").order_by("pk")
    if lock:
        rows = rows.select_for_update(no_key=True, of=("self",))
    return {row.document_id: row for row in rows.filter(document_id__in=ids)}


def _may_write(actor: Actor, item: VersionInput, known: Mapping[str, DataContract]) -> bool:
    contract = known.get(item.parsed.document_id)
    is_theirs = contract is None or contract.owner_id == item.owner.pk
    return is_theirs and can_act_for_team(actor, item.owner.pk)


def _add_missing(items: Iterable[VersionInput], known: Mapping[str, DataContract]) -> None:
    """Write contracts for new ids; where another writer was quicker, theirs stands."""
    first: dict[str, VersionInput] = {}
    for item in items:
        if item.parsed.document_id not in known:
            first.setdefault(item.parsed.document_id, item)
    insert_objects(
        [
            DataContract(
                document_id=document_id,
                name=item.name,
                owner=item.owner,
                domain=item.domain,
                visibility=item.visibility,
            )
            for document_id, item in sorted(first.items(), key=lambda entry: entry[0])
        ],
        ignore_conflicts=True,
    )


def _judged(contract: DataContract | None, item: VersionInput, actor: Actor) -> Claim:
    try:
        if contract is None:
            require_act_for_team(actor, item.owner)
        else:
            policies.require_contract_write(actor, contract, item.owner)
    except DomainError as refusal:
        return refusal
    assert contract is not None  # it was written, or the refusal above was raised
    return contract
