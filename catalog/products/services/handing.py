"""Giving a product to another team, and giving up its former names."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from catalog.contracts import services as contracts
from catalog.contracts.models import DataContract
from catalog.products import policies
from catalog.products.models import DataProduct, FormerName, OutputPort, System
from catalog.products.services.history import Entry, record_change
from catalog.products.services.indexing import record_offers, reindex
from catalog.products.services.outcomes import change
from core import audit, outbox
from core.errors import Invalid, NotFound
from core.problems import Problem

VERB = "product.handed-over"


@transaction.atomic
def hand_over_product(
    *, product: DataProduct, to_team: Team, actor: Actor, note: str = ""
) -> DataProduct:
    """Make another team the owner; contracts that only this product names go along.

    Raises:
        NotAllowed: `actor` is neither an owner of the present team nor of the domain.
        Invalid: the team has the product already.
    """
    locked = DataProduct.objects.select_for_update(of=("self",)).select_related("domain", "owner")
    present = locked.get(pk=product.pk)
    policies.require_hand_over(actor, present)
    former = present.owner
    if former.pk == to_team.pk:
        message = f"{to_team.name} owns this product already."
        raise Invalid(message, [Problem("/team", "same-team", message)])
    own = own_contracts(present)
    DataProduct.objects.filter(pk=present.pk).update(
        owner=to_team, updated_at=Now(), revision=F("revision") + 1
    )
    contracts.hand_over_contracts(contract_ids=own, to_team=to_team, actor=actor)
    product.refresh_from_db()
    changes = [change("owner", former.slug, to_team.slug)]
    record_change(product, changes, Entry(actor.name, VERB, note))
    reindex([product.pk])
    record_offers(product.output_ports.values_list("contract_id", flat=True))
    outbox.emit("product.changed", key=product.pk, product_id=str(product.pk))
    audit.record(
        actor=actor.name,
        verb=VERB,
        kind="product",
        object_id=product.fqn,
        team=to_team.slug,
        former_team=former.slug,
        note=note[:300],
    )
    return product


def own_contracts(product: DataProduct) -> list[UUID]:
    """Contracts of the owner team that no port of another product names. One statement."""
    elsewhere = OutputPort.objects.exclude(product=product).filter(contract__isnull=False)
    named = DataContract.objects.filter(owner=product.owner_id, output_ports__product=product)
    return list(
        named.exclude(pk__in=elsewhere.values("contract")).values_list("pk", flat=True).distinct()
    )


@transaction.atomic
def release_name(*, product: DataProduct, fqn: str, actor: Actor) -> None:
    """Give a former name up: it redirects no more, and others may take it.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        NotFound: the product never had the name, or gave it up.
    """
    policies.require_product_change(actor, product)
    release_former_name(product, fqn, actor)


def release_former_name(holder: DataProduct | System, fqn: str, actor: Actor) -> None:
    """Delete a former name of `holder`, with its audit event; raises NotFound."""
    kind = "product" if isinstance(holder, DataProduct) else "system"
    released, _ = FormerName.objects.filter(**{kind: holder}, fqn=fqn).delete()
    if not released:
        raise NotFound(f"{fqn} is no former name of “{holder}”.")
    audit.record(
        actor=actor.name, verb=f"{kind}.name-released", kind=kind, object_id=holder.fqn, name=fqn
    )
