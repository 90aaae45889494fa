"""Creating and changing products as a whole, many at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from catalog.products.data import ProductData
from catalog.products.models import DataProduct, FormerName, OutputPort
from catalog.products.services.describing import write_described
from catalog.products.services.gating import NotReady, facts_before, passed
from catalog.products.services.history import Entry, record_revisions
from catalog.products.services.indexing import record_offers, reindex
from catalog.products.services.inputs import readers_of, write_inputs
from catalog.products.services.moving import Announced
from catalog.products.services.outcomes import Outcome, Saved
from catalog.products.services.planning import Known, Plan, planned, read_known
from catalog.products.services.ports import write_ports
from catalog.products.states import ProductStatus
from core import audit, outbox
from core.audit import AuditData
from core.copying import insert_objects
from core.errors import Conflict, DomainError
from core.outbox import EventData
from core.problems import Problem

CHUNK = 500


@transaction.atomic
def save_product(*, data: ProductData, actor: Actor) -> tuple[DataProduct, str]:
    """Create the product with this id, or make it be as `data` says.

    Returns:
        The product, and `create`, `update` or `unchanged`.

    Raises:
        Invalid: names, ports or contracts are wrong; each problem says where.
        NotAllowed: `actor` does not act for the owner; code `id-owned-elsewhere`: the id is
            another team's.
    """
    saved = put_product(data=data, actor=actor)
    return saved.product, saved.action


@transaction.atomic
def put_product(
    *, data: ProductData, actor: Actor, expected: int | None = None, note: str = ""
) -> Saved:
    """`save_product`, with the list of changes; `expected`: the revision that was read.

    Raises:
        RevisionDiffers: the product has another revision.
    """
    revisions = {} if expected is None else {data.document_id: expected}
    outcome = put_products(items=[data], actor=actor, expected=revisions, note=note)[0]
    if outcome.error is not None:
        raise outcome.error
    assert outcome.product is not None
    return Saved(outcome.product, outcome.action, outcome.changes, outcome.warnings)


@transaction.atomic
def put_products(
    *,
    items: Sequence[ProductData],
    actor: Actor,
    expected: Mapping[str, int] | None = None,
    note: str = "",
    verb: str = "",
) -> list[Outcome]:
    """Save products as if one after the other; what is refused changes nothing.

    Args:
        expected: revision by document id; an item whose product has another one is refused.
        note: kept with each revision.
        verb: of the audit log; default `product.created` and `product.updated`.

    Returns:
        One outcome for each item, in their order.

    Cost: about forty SQL statements for each 500 products, and sixteen where some are published.
    """
    outcomes: list[Outcome] = []
    for chunk in _chunks(items):
        outcomes += _put_chunk(chunk, actor, expected or {}, Entry(actor.name, verb, note))
    return outcomes


def _chunks(items: Sequence[ProductData]) -> Iterator[list[ProductData]]:
    """Up to `CHUNK` items, none of them twice."""
    chunk: dict[str, ProductData] = {}
    for item in items:
        if len(chunk) == CHUNK or item.document_id in chunk:
            yield list(chunk.values())
            chunk = {}
        chunk[item.document_id] = item
    if chunk:
        yield list(chunk.values())


def _put_chunk(
    chunk: list[ProductData], actor: Actor, expected: Mapping[str, int], entry: Entry
) -> list[Outcome]:
    """What does not pass the publish gate is left out, and the rest written again without it."""
    refused: dict[str, DomainError] = {}
    try:
        while True:
            try:
                with transaction.atomic():
                    return _put_all(chunk, actor, expected, entry, refused)
            except NotReady as unready:
                refused |= unready.errors
    except IntegrityError:
        if len(chunk) > 1:
            return [
                outcome for item in chunk for outcome in _put_chunk([item], actor, expected, entry)
            ]
    error = Conflict("Somebody made a product of this id or name at the same moment.")
    return [Outcome(chunk[0], error=error)]


def _put_all(
    chunk: list[ProductData],
    actor: Actor,
    expected: Mapping[str, int],
    entry: Entry,
    refused: Mapping[str, DomainError],
) -> list[Outcome]:
    known = read_known(chunk, actor)
    outcomes: list[Outcome | Plan] = []
    for item in chunk:
        try:
            if item.document_id in refused:
                raise refused[item.document_id]
            outcomes.append(planned(item, known, actor, expected.get(item.document_id)))
        except DomainError as error:
            product = known.products.get(item.document_id)
            outcomes.append(Outcome(item, product=product, error=error))
    plans = [each for each in outcomes if isinstance(each, Plan) and each.action != "unchanged"]
    rows, warnings = _write(plans, known, entry) if plans else ({}, {})
    return [
        each
        if isinstance(each, Outcome)
        else Outcome(
            each.data,
            product=rows.get(each.data.document_id, each.product),
            action=each.action,
            changes=each.changes,
            warnings=(*each.warnings, *warnings.get(each.data.document_id, ())),
        )
        for each in outcomes
    ]


def _write(
    plans: list[Plan], known: Known, entry: Entry
) -> tuple[dict[str, DataProduct], dict[str, tuple[Problem, ...]]]:
    """Write what was planned; the products, and what the gate warns of, by document id.

    Raises:
        NotReady: some do not pass the publish gate.
    """
    before = facts_before(plans)
    removed = [port for plan in plans for port in plan.ports.removed]
    orphaned = readers_of(removed)
    rows = _write_products(plans)
    pairs = [(rows[plan.data.document_id], plan) for plan in plans]
    touched = write_ports([(product, plan.ports) for product, plan in pairs])
    write_inputs(
        [(product, plan.data) for product, plan in pairs],
        known.inputs,
        known.systems,
        touched,
        orphaned,
    )
    write_described([(product, plan.described) for product, plan in pairs])
    warnings = passed(pairs, before)
    record_offers(pk for plan in plans for pk in plan.ports.contract_ids)
    reindex([product.pk for product in rows.values()])
    _record(pairs, touched, entry)
    return rows, warnings


def _write_products(plans: list[Plan]) -> dict[str, DataProduct]:
    """The rows of new and changed products, in the order of their ids: two writers cannot lock."""
    now = timezone.now()
    rows: dict[str, DataProduct] = {}
    former: dict[str, DataProduct] = {}
    written = {"revision"}
    for plan in sorted(plans, key=lambda each: each.data.document_id):
        product = plan.product
        if product is None:
            product = DataProduct(document_id=plan.data.document_id, revision=0, created_at=now)
        elif product.fqn != plan.values["fqn"]:
            former[product.fqn] = product
        for name, value in plan.values.items():
            setattr(product, name, value)
        product.revision += 1
        written |= plan.values.keys()
        rows[product.document_id] = product
    insert_objects(rows.values(), replace_on=["id"], replaced=written)
    _remember(former)
    return rows


def _remember(former: dict[str, DataProduct]) -> None:
    """Keep old names for the redirect; a name in use is no former name any more."""
    if not former:
        return
    names = former.keys() | {product.fqn for product in former.values()}
    FormerName.objects.filter(fqn__in=names).delete()
    FormerName.objects.bulk_create(
        FormerName(fqn=fqn, product=product) for fqn, product in former.items()
    )


def _moved(product: DataProduct, plan: Plan, by: str) -> Iterator[EventData]:
    """A document that says another status than before moves the product as its page does."""
    if any(each["field"] == "status" for each in plan.changes):
        word = "published" if product.status == ProductStatus.ACTIVE else product.status
        payload = {"product_id": str(product.pk), "verb": f"product.{word}", "by": by}
        yield EventData("product.moved", product.pk, payload)


def _told(port: OutputPort, move: Announced, by: str) -> EventData:
    """A move that breaks those who read the port, before its day."""
    payload = {
        "port_id": str(port.pk),
        "product_id": str(port.product_id),
        "port": port.fqn,
        "from": port.contract_version.version if port.contract_version else "",
        "to": move.version.version,
        "on": move.on.isoformat(),
        "level": "breaking",
        "changes": move.changes,
        "by": by,
    }
    return EventData("port.change-announced", port.pk, payload)


def _record(
    pairs: Sequence[tuple[DataProduct, Plan]], touched: Sequence[OutputPort], entry: Entry
) -> None:
    verbs = {product.pk: entry.verb or f"product.{plan.action}d" for product, plan in pairs}
    record_revisions(
        {product.pk: plan.changes for product, plan in pairs}, entry=entry, verbs=verbs
    )
    outbox.emit_many(
        [
            *(
                EventData("product.changed", product.pk, {"product_id": str(product.pk)})
                for product, _ in pairs
            ),
            *(moved for product, plan in pairs for moved in _moved(product, plan, entry.actor)),
            *(
                _told(port, move, entry.actor)
                for _, plan in pairs
                for port, move in plan.announcements
            ),
            *(EventData("port.changed", port.pk, {"port_id": str(port.pk)}) for port in touched),
        ]
    )
    audit.record_many(
        AuditData(
            entry.actor,
            verbs[product.pk],
            "product",
            product.fqn,
            {"document_id": product.document_id},
        )
        for product, _ in pairs
    )
