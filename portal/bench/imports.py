"""Taking in descriptors: products with ports and contracts, as `./run apply` does."""

from __future__ import annotations

import time
from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from accounts.actors import system_actor
from accounts.models import Domain, Team
from catalog.products.descriptors import process
from catalog.products.formats import odps
from catalog.search.models import SearchEntry
from core.documents import dump_yaml
from core.errors import Conflict
from portal.bench.core import SEED, Recorder, Result
from portal.scale.documents import contract_of, draw_objects
from portal.scale.plan import Plan, ProductPlan, make_plan

PRODUCTS = 10_000
SECONDS = 60  # granted for 10,000
AT_ONCE = 250  # products in one call
PLACE = "bench-import"


def run(products: int = PRODUCTS) -> Result:
    """Apply generated descriptors, look whether each is found, and undo it all.

    Raises:
        Conflict: a document was refused; the time would say nothing.
    """
    streams = list(_streams(products))
    spent = statements = 0.0
    with transaction.atomic():
        team, domain = _place()
        before = SearchEntry.objects.count()
        for stream in streams:
            seconds, count = _timed(stream, domain, team)
            spent, statements = spent + seconds, statements + count
        found = SearchEntry.objects.count() - before
        transaction.set_rollback(True)
    granted = SECONDS * products / PRODUCTS
    extra = {
        "products": products,
        "calls": len(streams),
        "megabytes": round(sum(map(len, streams)) / 1e6, 1),
        "seconds": round(spent, 2),
        "ms per product": round(spent * 1000 / products, 2),
        "statements per product": round(statements / products, 2),
        "found at once": found,
        "budget s": granted,
        "ratio": round(spent / granted, 2),
        "verdict": "within" if spent <= granted else "over",
    }
    return Result("import", {}, extra=extra)


def _timed(stream: bytes, domain: Domain, team: Team) -> tuple[float, int]:
    recorder = Recorder()
    started = time.perf_counter()
    with connection.execute_wrapper(recorder):
        report = process(
            text=stream, mode="apply", actor=system_actor(), domain=domain.path, team=team.slug
        )
    if not report.applied:
        raise Conflict("The descriptors of the measurement were refused.")
    return time.perf_counter() - started, len(recorder.statements)


def _place() -> tuple[Team, Domain]:
    domain, _ = Domain.objects.get_or_create(path=PLACE, defaults={"name": "Bench"})
    team, _ = Team.objects.get_or_create(slug=PLACE, defaults={"name": "Bench", "domain": domain})
    return team, domain


def _streams(products: int) -> Iterator[bytes]:
    """YAML streams of contracts and the products that name them."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    plan = make_plan(seed=SEED, products=products, datasets_per_product=1, today=today)
    for at in range(0, products, AT_ONCE):
        texts = [text for each in plan.products[at : at + AT_ONCE] for text in _texts(plan, each)]
        yield "---\n".join(texts).encode()


def _texts(plan: Plan, product: ProductPlan) -> Iterator[str]:
    """A contract for each port, then the product; both name the place of the measurement."""
    random = plan.random(product.number)
    ports = []
    for at in range(product.ports):
        contract = contract_of(product, at, "1.0.0", draw_objects(random, product, at), at)
        yield contract.text.replace(f'domain: "{product.domain.path}"', f"domain: {PLACE}").replace(
            f'{{"name": "{product.team.slug}"}}', f"{{name: {PLACE}}}"
        )
        ports.append(
            odps.OutputPort(
                name=product.port_name(at),
                version="1.0.0",
                type=product.technology,
                description="",
                contract_id=contract.document_id,
            )
        )
    yield dump_yaml(
        odps.product_descriptor(
            document_id=product.id,
            name=f"{product.name} {product.number}",
            version="1.0.0",
            status="active",
            domain=PLACE,
            team=PLACE,
            purpose=f"Everything about {product.name}",
            output_ports=ports,
        )
    )
