"""The demo products that really exist: made by operations, filled with rows, measured, read."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.utils import timezone

from catalog.products.models import DataProduct, OutputPort
from catalog.products.services import publish_product
from core import outbox
from core.errors import Conflict
from portal.demo.company import PRODUCTS, ProductSpec
from portal.demo.loader import SEED, owner_of
from provisioning.access.models import Grant
from provisioning.access.services import request_access
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import request_service
from provisioning.drivers.protocol import Step
from provisioning.drivers.registry import get_driver
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services.checks import order_due
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide

ROWS = 400
LONGEST_WAIT_S = 90
CARRIERS = ("Nordpost", "Velotrans", "Kurier Ost")
CHANNELS = ("web", "app", "store", "phone")
BLUEPRINT = "data-product-postgresql"
# consumer team, product, purpose, days, approved at once
ASKED = (
    ("web-analytics", "supply.shipments", "Parcel delays against campaign promises", 20, True),
    ("returns-operations", "sales.orders", "Match returns with their orders", 120, False),
    ("finance-reporting", "sales.orders", "Reconcile captured payments", 200, False),
)
log = structlog.get_logger(__name__)


REAL = [spec for spec in PRODUCTS if spec.real]


def ask() -> None:
    """Ask for each real product as its owner would; workers begin while the rest is loaded."""
    for spec in REAL:
        if not DataProduct.objects.filter(fqn=f"{spec.domain}.{spec.slug}").exists():
            request_service(
                blueprint=Blueprint.objects.get(slug=BLUEPRINT),
                parameters=_parameters(spec),
                purpose="Set up with the demo company.",
                actor=owner_of(spec.team),
            )


def finish() -> None:
    """Wait until the real products are made, then fill and publish them."""
    work_off()
    for spec in REAL:
        _finish(spec, DataProduct.objects.get(fqn=f"{spec.domain}.{spec.slug}"))


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
    return {
        "name": spec.name,
        "purpose": spec.purpose,
        "archetype": spec.archetype,
        "domain": spec.domain,
        "team": spec.team,
        "port": spec.slug,
        "classification": spec.classification,
        "retention_days": spec.retention_days,
        "columns": [
            {
                "name": name,
                "type": kind,
                "required": "r" in marks,
                "key": "k" in marks,
                "classification": "confidential" if "c" in marks else "",
                "description": description,
            }
            for name, kind, marks, description in spec.columns
        ],
    }


def _finish(spec: ProductSpec, product: DataProduct) -> None:
    """Rows, the words that the form does not ask for, and publication; nothing twice."""
    if product.status == "draft":
        _fill(spec, product)
        DataProduct.objects.filter(pk=product.pk).update(
            description=spec.description, tags=spec.tags
        )
        product.refresh_from_db()
        publish_product(product=product, actor=owner_of(spec.team))


def _fill(spec: ProductSpec, product: DataProduct) -> None:
    """What the product's own pipeline would do: write rows into its tables."""
    assert product.instance_id is not None
    instance = Instance.objects.get(pk=product.instance_id)
    port = OutputPort.objects.filter(product=product).first()
    assert port is not None
    rows = [_row(spec, n) for n in range(ROWS)]
    step = Step(
        action="sample",
        instance_id=instance.pk,
        spec={
            "slug": port.location.get("slug", product.slug),
            "rows": {next(iter(port.location["tables"])): rows},
        },
        log=_note,
    )
    get_driver("postgres").ensure(step, effect_key=f"demo-{product.pk}", fence=instance.fence)


def _note(level: str, source: str, text: str) -> None:
    log.debug("demo.sample", severity=level, source=source, text=text)


def _row(spec: ProductSpec, n: int) -> dict[str, Any]:
    chance = random.Random(f"{SEED}/{spec.slug}/{n}")  # noqa: S311 - made-up rows, no secret
    ordered = dt.datetime(2026, 11, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=37 * n)
    makers: dict[str, Callable[[], Any]] = {
        "order_id": lambda: f"W-{100_000 + n}",
        "customer_id": lambda: f"C-{chance.randint(1, 150):05}",
        "channel": lambda: chance.choice(CHANNELS),
        "order_value_eur": lambda: round(chance.uniform(9, 420), 2),
        "ordered_at": lambda: ordered.isoformat(),
        "changed_at": lambda: (ordered + dt.timedelta(minutes=chance.randint(0, 50))).isoformat(),
        "shipment_id": lambda: f"S-{500_000 + n}",
        "carrier": lambda: chance.choice(CARRIERS),
        "shipped_at": lambda: (ordered + dt.timedelta(hours=9)).isoformat(),
        "delivered_at": lambda: (
            (ordered + dt.timedelta(hours=52)).isoformat() if n < ROWS - 40 else None
        ),
    }
    return {name: makers[name]() for name, *_ in spec.columns}


def measure() -> None:
    """Run the checks that are due, so that the first page shows scores."""
    outbox.drain(limit=1000)
    while order_due():
        work_off()
    work_off()
    outbox.drain(limit=1000)


def load_access() -> None:
    """One grant in use that ends soon, and requests that wait for the demo's owners."""
    today = timezone.now().date()
    for team, fqn, purpose, days, approve in ASKED:
        port = OutputPort.objects.filter(product__fqn=fqn).first()
        if port is None or _asked(team, port):
            continue
        try:
            request = request_access(
                port=port.fqn,
                consumer=f"team:{team}",
                purpose=purpose,
                until=today + dt.timedelta(days=days),
                actor=owner_of(team),
            )
        except Conflict:
            continue
        if approve:
            owner = owner_of(port.product.owner.slug)
            decide(request=request, actor=owner, approve=True, note="Fits the purpose.")
            work_off()


def _asked(team: str, port: OutputPort) -> bool:
    asked = Request.objects.filter(team__slug=team, kind="access", subject__port=port.fqn)
    return asked.exists() or Grant.objects.filter(port=port, consumer_team__slug=team).exists()
