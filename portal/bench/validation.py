"""Judging a big contract: 200 KB, 68 tables."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random
from typing import Any

import orjson
from django.utils import timezone

from catalog.contracts.formats import odcs
from core.documents import dump_yaml, load_documents
from core.errors import Conflict
from portal.bench.core import SEED, Result, Spread
from portal.scale.documents import ObjectPlan, contract_of, draw_objects
from portal.scale.plan import make_plan

TABLES = 68
SIZE_BYTES = 200_000
RUNS = 15
GRANTED_MS = 300


def run() -> Result:
    """Read and validate the document again and again, as YAML and as JSON.

    Raises:
        Conflict: it was not found valid; the time would say nothing.
    """
    texts = {"yaml": document()}
    data = load_documents(texts["yaml"], media="yaml")[0].data
    texts["json"] = orjson.dumps(data)
    extra: dict[str, Any] = {"tables": len(data["schema"]), "budget ms": GRANTED_MS}
    for media, text in texts.items():
        spread = Spread.of([_once(text, media) for _ in range(RUNS)])
        extra[media] = {
            "bytes": len(text),
            "p50 ms": round(spread.p50, 1),
            "p95 ms": round(spread.p95, 1),
            "ratio": round(spread.p95 / GRANTED_MS, 2),
            "verdict": "within" if spread.p95 <= GRANTED_MS else "over",
        }
    return Result("validation", {}, extra=extra)


def _once(text: bytes, media: Any) -> float:
    started = time.perf_counter()
    (document,) = load_documents(text, media=media)
    verdict = odcs.validate(document)
    taken = (time.perf_counter() - started) * 1000
    if not verdict.valid:
        raise Conflict(f"The contract of the measurement is not valid: {verdict.problems[:2]}")
    return taken


def document() -> bytes:
    """A contract of 68 tables with columns and rules, filled up to its size."""
    random = Random(SEED)  # noqa: S311 - believable, not secret
    plan = make_plan(seed=SEED, products=1, datasets_per_product=1, today=timezone.now())
    product = plan.products[0]
    objects: list[ObjectPlan] = []
    while len(objects) < TABLES:
        drawn = draw_objects(random, product, 0)[0]
        objects.append(replace(drawn, name=f"{drawn.name}_{len(objects)}"))
    contract = contract_of(product, 0, "1.0.0", objects, 0)
    (parsed,) = load_documents(contract.text.encode(), media="yaml")
    missing = SIZE_BYTES - len(dump_yaml(parsed.data).encode())
    for at, table in enumerate(parsed.data["schema"]):
        if missing > 0:
            table["description"] += " Every row is kept." * (missing // TABLES // 19 + (at == 0))
    return dump_yaml(parsed.data).encode()
