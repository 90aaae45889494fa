"""The demo products that really exist: made by operations, filled with rows, measured, read."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.utils import timezone

from catalog.products.models import DataProduct, OutputPort
from catalog.products.services import publish_product
from catalog.quality.services import rows_changed
from core import outbox
from core.errors import Conflict
from portal.demo.company import ProductSpec, instance_id, products, read
from portal.demo.contracts import column_of
from portal.demo.people import Company, company
from portal.demo.products import load_products
from portal.demo.rows import rows_of
from portal.demo.rules import NEEDS_BASIS
from provisioning.access.models import Grant
from provisioning.access.services import AccessData, offer_writes, request_access
from provisioning.access.states import AccessMode, LegalBasis
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import request_service
from provisioning.drivers.protocol import Step
from provisioning.drivers.registry import get_driver
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services.checks import order_due
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.selectors import waiting_for
from provisioning.requests.services import cancel, decide

LONGEST_WAIT_S = 90
RETENTION_DAYS = 730
BLUEPRINT = "data-product-postgresql"
log = structlog.get_logger(__name__)


def real_products() -> list[ProductSpec]:
    """Those with a table of their own."""
    return [spec for spec in products().values() if spec.real]


def ask() -> None:
    """Ask for each real product as its owner would; workers begin while the rest is loaded."""
    blueprint = Blueprint.objects.get(slug=BLUEPRINT)
    here = company()
    known = set(DataProduct.objects.values_list("fqn", flat=True))
    asked = set(Request.objects.filter(kind="service").values_list("subject__product", flat=True))
    for spec in real_products():
        if spec.fqn in known or spec.fqn in asked:
            continue
        filed = request_service(
            blueprint=blueprint,
            parameters=_parameters(spec),
            purpose="Set up with the demo company.",
            actor=here.owner(spec.team),
            instance_id=instance_id(spec.fqn),
        )
        request = Request.objects.with_sides().get(pk=filed.pk)
        if request.state == "waiting":
            owner = here.owner(str(waiting_for(request)))
            decide(request=request, actor=owner, approve=True, note="Belongs to our domain.")


def finish() -> set[str]:
    """Wait until the real products are made, then fill, describe and publish them.

    Returns:
        The fqns of those that are new; see `load_products`.
    """
    work_off()
    here = company()
    young = load_products(real_products())
    for product in DataProduct.objects.filter(fqn__in=products(), instance_id__isnull=False):
        if product.status == "draft":
            spec = products()[product.fqn]
            _fill(spec, product)
            publish_product(product=product, actor=here.owner(spec.team))
    return young


def work_off() -> None:
    """Do what is queued; what a worker of a running portal took is waited for.

    Raises:
        TimeoutError: something is still unfinished after `LONGEST_WAIT_S`.
    """
    started = time.monotonic()
    while Operation.objects.active().exists():
        if time.monotonic() - started > LONGEST_WAIT_S:
            raise TimeoutError("The demo's operations do not end; see /resources/ for the reason.")
        if not run_due():
            time.sleep(0.1)


def _parameters(spec: ProductSpec) -> dict[str, Any]:
    columns = [column_of(col) for col in spec.columns]
    return {
        "name": spec.name,
        "purpose": spec.purpose,
        "archetype": spec.archetype,
        "domain": spec.domain,
        "team": spec.team,
        "port": spec.slug,
        "classification": spec.classification,
        "retention_days": RETENTION_DAYS,
        "columns": [
            {
                "name": each.name,
                "type": each.logical_type,
                "required": each.required,
                "key": each.primary_key,
                "classification": each.classification,
                "description": each.description,
            }
            for each in columns
        ],
    }


def _fill(spec: ProductSpec, product: DataProduct) -> None:
    """What the product's own pipeline would do: write rows into its tables."""
    assert product.instance_id is not None
    instance = Instance.objects.get(pk=product.instance_id)
    port = OutputPort.objects.filter(product=product).first()
    assert port is not None
    fill(instance, port, rows_of(spec))


def fill(instance: Instance, port: OutputPort, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows into the table of a port that the instance made."""
    step = Step(
        action="sample",
        instance_id=instance.pk,
        spec={
            "slug": port.location.get("slug", port.product.slug),
            "rows": {next(iter(port.location["tables"])): rows},
        },
        log=_note,
    )
    get_driver("postgres").ensure(step, effect_key=f"demo-{port.pk}", fence=instance.fence)
    rows_changed(port=port)


def _note(level: str, source: str, text: str) -> None:
    log.debug("demo.sample", severity=level, source=source, text=text)


def measure() -> None:
    """Run the checks that are due, so that the first page shows scores."""
    while order_due():
        work_off()
    work_off()


def load_access() -> None:
    """Grants in use, some of which end soon, and requests in every state that people reach."""
    here, today = company(), timezone.now().date()
    for team, fqn, purpose, days, fate, *note in read("talk")["access"]:
        port = OutputPort.objects.filter(product__fqn=fqn, technology="postgresql").first()
        if port is not None and not _asked(team, port):
            until = today + dt.timedelta(days=days)
            _ask_for(here, team, port, purpose, until, fate, *note)
    work_off()


def load_writing() -> None:
    """An owner lets others write into a table, and one team does."""
    team, fqn, purpose, days = read("talk")["writing"]
    port = OutputPort.objects.filter(product__fqn=fqn, technology="postgresql").first()
    if port is None or port.takes_writes:
        return
    here, until = company(), timezone.now().date() + dt.timedelta(days=days)
    asker, owner = here.owner(team), here.owner(port.product.owner.slug)
    offer_writes(port=port, offered=True, actor=owner)
    asked = AccessData(port.fqn, f"team:{team}", purpose, until, mode=AccessMode.WRITE)
    request = request_access(asked, actor=asker)
    decide(request=request, actor=owner, approve=True, note="Corrections only, please.")
    work_off()


def _ask_for(
    here: Company,
    team: str,
    port: OutputPort,
    purpose: str,
    until: dt.date,
    fate: str,
    note: str = "",
) -> None:
    asker, owner = here.owner(team), here.owner(port.product.owner.slug)
    try:
        restricted = port.product.classification == NEEDS_BASIS
        basis = LegalBasis.LEGITIMATE if restricted else ""
        asked = AccessData(port.fqn, f"team:{team}", purpose, until, basis)
        request = request_access(asked, actor=asker)
    except Conflict:
        return
    if fate in {"approved", "rejected"}:
        approve = fate == "approved"
        decide(request=request, actor=owner, approve=approve, note=note or "Fits the purpose.")
    elif fate == "cancelled":
        cancel(request=request, actor=asker)


def _asked(team: str, port: OutputPort) -> bool:
    asked = Request.objects.filter(team__slug=team, kind="access", subject__port=port.fqn)
    return asked.exists() or Grant.objects.filter(port=port, consumer_team__slug=team).exists()


def settle() -> None:
    """Handle what the changes before have told other rooms."""
    while outbox.drain(limit=1000):
        pass
