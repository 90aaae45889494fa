"""Changing some fields of a product, and going back to what it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Domain
from catalog.products import policies
from catalog.products.data import InputData, LinkData, OwnershipData, PortData, ProductData
from catalog.products.models import DataProduct, OutputPort, Revision
from catalog.products.services.history import Snapshot, snapshots_of
from catalog.products.services.outcomes import Change, RevisionDiffers, Saved
from catalog.products.services.saving import put_product, put_products
from core.documents import Document, DocumentError, load_documents
from core.errors import Invalid, NotFound
from core.problems import Problem

TEXTS = ("name", "purpose", "description", "limitations", "usage")
CHOICES = ("archetype", "visibility", "classification")
EDITABLE = (*TEXTS, *CHOICES, "tags", "terms", "links", "extra", "ownership", "domain")
OF_SNAPSHOT = (*TEXTS, *CHOICES, "version")
Values = Mapping[str, Any]


@transaction.atomic
def edit_product(
    *,
    product: DataProduct,
    values: Values,
    actor: Actor,
    expected: int | None = None,
    note: str = "",
) -> Saved:
    """Change the named fields and leave the others.

    Args:
        values: of `EDITABLE`, in the form of a snapshot (see `editable`).
        expected: the revision that the caller read.

    Raises:
        RevisionDiffers: another one is there; its context has `current` and `yours`.
        Invalid, NotAllowed: as `put_product`.
    """
    policies.require_product_change(actor, product)
    locked = DataProduct.objects.select_for_update(of=("self",)).select_related("domain", "owner")
    present = locked.get(pk=product.pk)
    snapshot = snapshots_of([present.pk])[present.pk][1]
    if expected is not None and expected != present.revision:
        raise _differs(present, snapshot, values)
    changed = {name: value for name, value in values.items() if snapshot[name] != value}
    data = _data(present, {**snapshot, **changed})
    if "name" in changed and not _names_its_slug(present):
        data = replace(data, slug="")
    data = replace(data, status="")
    return put_product(data=data, actor=actor, note=note)


@transaction.atomic
def revert_product(
    *, product: DataProduct, number: int, actor: Actor, note: str = "", expected: int | None = None
) -> Saved:
    """Make a new revision that is like an old one, through the checks of any other change.

    The status and the owner stay as they are, and so does where ports that still exist are found.

    Raises:
        NotFound: there is no such revision.
        Invalid: something it needs is gone, e.g. a contract version.
        NotAllowed: `actor` is not in the owning team.
        RevisionDiffers: the product has not the revision `expected`.
    """
    policies.require_product_change(actor, product)
    data = _data_of(product, number)
    outcome = put_products(
        items=[data],
        actor=actor,
        expected={} if expected is None else {data.document_id: expected},
        note=note or f"Back to revision {number}",
        verb="product.reverted",
    )[0]
    if outcome.error is not None:
        raise outcome.error
    assert outcome.product is not None
    return Saved(outcome.product, outcome.action, outcome.changes, outcome.warnings)


def revert_preview(*, product: DataProduct, number: int, actor: Actor) -> tuple[Change, ...]:
    """What `revert_product` would change; a revert that is rolled back. Raises the same."""
    with transaction.atomic():
        saved = revert_product(product=product, number=number, actor=actor)
        transaction.set_rollback(True)
    return saved.changes


def data_of(product: DataProduct) -> ProductData:
    """The product as it is, where its data lies included; its status is left out. Six statements.

    Who saves this again with some fields replaced leaves the others as they are.
    """
    snapshot = snapshots_of([product.pk])[product.pk][1]
    data = _data(product, snapshot)
    ports = tuple(replace(port, location=None, datasets=None) for port in data.ports)
    return replace(data, status="", ports=ports)


def editable(product: DataProduct) -> dict[str, Any]:
    """The fields of `EDITABLE` as they are. Six statements."""
    snapshot = snapshots_of([product.pk])[product.pk][1]
    return {name: snapshot[name] for name in EDITABLE}


def _differs(product: DataProduct, snapshot: Snapshot, values: Values) -> RevisionDiffers:
    differing = [name for name, value in values.items() if snapshot[name] != value]
    return RevisionDiffers(
        "Somebody changed the product since you read it. Compare both versions and send again.",
        revision=product.revision,
        current={name: snapshot[name] for name in differing},
        yours={name: values[name] for name in differing},
    )


def _names_its_slug(product: DataProduct) -> bool:
    given = product.document.get("customProperties") if isinstance(product.document, dict) else None
    return any(isinstance(each, dict) and each.get("property") == "slug" for each in given or ())


def _data_of(product: DataProduct, number: int) -> ProductData:
    revision = Revision.objects.filter(product=product, number=number).first()
    if revision is None:
        raise NotFound(f"“{product}” has no revision {number}.")
    snapshot: Snapshot = revision.snapshot
    found = {(port.name, port.major): port for port in product.output_ports.all()}
    data = _data(product, snapshot)
    ports = tuple(_kept_place(port, found) for port in data.ports)
    return replace(data, ports=ports, status="", document=_read(snapshot["document"]))


def _kept_place(port: PortData, found: Mapping[tuple[str, int], OutputPort]) -> PortData:
    """Where data lies is what provisioning made it, not what somebody wrote earlier."""
    if (port.name, port.major) in found:
        return replace(port, location=None, datasets=None)
    return port


def _read(text: str) -> Document | None:
    if not text:
        return None
    try:
        return load_documents(text)[0]
    except DocumentError as error:
        raise Invalid("The document of that revision cannot be read.", error.problems) from None


def _data(product: DataProduct, snapshot: Snapshot) -> ProductData:
    """`snapshot` as what is wanted of `product`, which keeps its id and its owner."""
    return ProductData(
        document_id=product.document_id,
        domain=_domain(product, snapshot["domain"]),
        owner=product.owner,
        slug=snapshot["slug"],
        tags=tuple(snapshot["tags"]),
        ports=tuple(_port(each) for each in snapshot["ports"]),
        inputs=tuple(InputData(**each) for each in snapshot["inputs"]),
        links=tuple(LinkData(**each) for each in snapshot["links"]),
        extra=snapshot["extra"],
        terms=tuple(snapshot["terms"]),
        ownerships=tuple(OwnershipData(**each) for each in snapshot["ownership"]),
        **{name: snapshot[name] for name in OF_SNAPSHOT},
    )


def _domain(product: DataProduct, path: str) -> Domain:
    if product.domain.path == path:
        return product.domain
    domain = Domain.objects.filter(path=path).first()
    if domain is None:
        message = f"There is no domain {str(path)[:200]}."
        raise Invalid(message, [Problem("/domain", "unknown-domain", message)])
    return domain


def _port(kept: Mapping[str, Any]) -> PortData:
    datasets = tuple((namespace, name) for namespace, name in kept["datasets"])
    day = kept.get("breaking_from")
    breaking_from = dt.date.fromisoformat(day) if day else None
    return PortData(**{**kept, "datasets": datasets, "breaking_from": breaking_from})
