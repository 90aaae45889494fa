"""The life of a product: published, deprecated, retired, or removed as a draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, ProtectedError
from django.db.models.functions import Coalesce, Now

from accounts.actors import Actor
from catalog.products import policies
from catalog.products.extensions import links_changed
from catalog.products.models import DataProduct
from catalog.products.selectors import publish_blockers
from catalog.products.services.history import Entry, record_change
from catalog.products.services.indexing import SEARCH_KIND, record_offers, reindex
from catalog.products.services.outcomes import Change, change
from catalog.products.states import SOURCES, ProductStatus
from catalog.search import services as search
from core import audit, outbox
from core.clock import db_now
from core.errors import Conflict, Invalid, InvalidTransition
from core.problems import Problem


@transaction.atomic
def publish_product(*, product: DataProduct, actor: Actor) -> DataProduct:
    """Make a product visible to everybody its visibility names.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        Invalid: something is missing; each problem says what.
        InvalidTransition: the product is retired, or published already.
    """
    policies.require_product_change(actor, product)
    _require_source(product, ProductStatus.ACTIVE)
    blockers = publish_blockers(product)
    if blockers:
        raise Invalid(f"{_things(len(blockers))} to fix before “{product}” can go out.", blockers)
    return _move(
        product,
        ProductStatus.ACTIVE,
        actor,
        verb="product.published",
        published_at=Coalesce("published_at", Now()),
        successor=None,
        sunset_on=None,
    )


@transaction.atomic
def accept_product(*, product: DataProduct, actor: Actor) -> DataProduct:
    """Make a draft of a proposal.

    Raises:
        NotAllowed: `actor` is neither in the owning team nor an owner of the domain.
        InvalidTransition: the product is not a proposal.
    """
    policies.require_acceptance(actor, product)
    return _move(product, ProductStatus.DRAFT, actor, verb="product.accepted")


@transaction.atomic
def deprecate_product(
    *,
    product: DataProduct,
    actor: Actor,
    successor: DataProduct | None = None,
    sunset_on: dt.date | None = None,
) -> DataProduct:
    """Announce the end of a published product; it can still be read.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        Invalid: the successor is the product itself, retired, unseen by `actor` or leads back to
            the product; or the sunset is not in the future.
        InvalidTransition: the product is not published.
    """
    policies.require_product_change(actor, product)
    problems = [*_successor_problems(product, successor, actor), *_sunset_problems(sunset_on)]
    if problems:
        raise Invalid(problems[0].message, problems)
    return _move(
        product,
        ProductStatus.DEPRECATED,
        actor,
        verb="product.deprecated",
        successor=successor,
        sunset_on=sunset_on,
    )


@transaction.atomic
def retire_product(*, product: DataProduct, actor: Actor) -> DataProduct:
    """End a draft or a deprecated product; its page stays for its owners.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        InvalidTransition: the product is published (deprecate it first) or retired.
    """
    policies.require_product_change(actor, product)
    return _move(product, ProductStatus.RETIRED, actor, verb="product.retired")


@transaction.atomic
def remove_product(*, product: DataProduct, actor: Actor) -> None:
    """Delete a product that was never published.

    Raises:
        NotAllowed: `actor` is not in the owning team.
        InvalidTransition: it was published.
        Conflict: somebody was granted access to a port of it.
    """
    policies.require_product_change(actor, product)
    unpublished = DataProduct.objects.select_for_update().filter(
        pk=product.pk,
        status__in=[ProductStatus.PROPOSED, ProductStatus.DRAFT],
        published_at__isnull=True,
    )
    if not unpublished.exists():
        raise InvalidTransition(f"“{product}” was published; retire it instead.")
    product_id, named = product.pk, _contract_ids(product)
    links_changed({product_id: frozenset()})
    try:
        with transaction.atomic():
            unpublished.delete()
    except ProtectedError:
        raise Conflict(f"Access to “{product}” was granted; retire it instead.") from None
    search.remove(SEARCH_KIND, product_id)
    record_offers(named)
    outbox.emit("product.changed", key=product_id, product_id=str(product_id))
    audit.record(actor=actor.name, verb="product.removed", kind="product", object_id=product.fqn)


def _require_source(product: DataProduct, to: ProductStatus) -> None:
    if product.status not in SOURCES[to]:
        state = product.get_status_display().lower()
        raise InvalidTransition(
            f"“{product}” is {state} and cannot become {to.label.lower()}.", product=product.fqn
        )


def _successor_problems(
    product: DataProduct, successor: DataProduct | None, actor: Actor
) -> Iterator[Problem]:
    if successor is None:
        return
    if successor.pk == product.pk:
        yield Problem("/successor", "own-successor", "A product cannot follow itself.")
    elif not DataProduct.objects.visible_to(actor).filter(pk=successor.pk).exists():
        message = "There is no product of this name that you may see."
        yield Problem("/successor", "unknown-product", message)
    elif successor.status == ProductStatus.RETIRED:
        message = f"“{successor}” is retired; name a product that goes on."
        yield Problem("/successor", "successor-retired", message)
    elif _leads_to(successor, product):
        message = f"“{successor}” is followed by “{product}” itself; name another product."
        yield Problem("/successor", "successor-cycle", message)


def _leads_to(product: DataProduct, wanted: DataProduct) -> bool:
    """Whether the successors of `product` come to `wanted`."""
    seen = {product.pk}
    following = product.successor_id
    while following is not None and following not in seen:
        if following == wanted.pk:
            return True
        seen.add(following)
        rows = DataProduct.objects.filter(pk=following)
        following = rows.values_list("successor_id", flat=True).first()
    return False


def _sunset_problems(sunset_on: dt.date | None) -> Iterator[Problem]:
    if sunset_on is not None and sunset_on <= db_now().date():
        yield Problem("/sunset_on", "sunset-in-the-past", "Choose a day in the future.")


def _move(
    product: DataProduct, to: ProductStatus, actor: Actor, *, verb: str, **values: Any
) -> DataProduct:
    """Compare-and-swap the status; the loser of a race gets InvalidTransition."""
    before = DataProduct.objects.select_related("successor").get(pk=product.pk)
    moved = DataProduct.objects.filter(pk=product.pk, status__in=SOURCES[to]).update(
        status=to, updated_at=Now(), revision=F("revision") + 1, **values
    )
    product.refresh_from_db()
    if not moved:
        _require_source(product, to)
    record_change(product, list(_changes(before, product)), Entry(actor.name, verb))
    reindex([product.pk])
    record_offers(_contract_ids(product))
    outbox.emit("product.changed", key=product.pk, product_id=str(product.pk))
    outbox.emit(
        "product.moved",
        key=product.pk,
        product_id=str(product.pk),
        verb=verb,
        by=actor.name,
    )
    audit.record(actor=actor.name, verb=verb, kind="product", object_id=product.fqn)
    return product


def _changes(before: DataProduct, after: DataProduct) -> Iterator[Change]:
    for name in ("status", "successor", "sunset_on"):
        if getattr(before, name) != getattr(after, name):
            yield change(name, getattr(before, name), getattr(after, name))


def _contract_ids(product: DataProduct) -> list[Any]:
    return list(product.output_ports.values_list("contract_id", flat=True))


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"
