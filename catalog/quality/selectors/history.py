"""One check: where it comes from, and what it said over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Func, JSONField, Value
from django.utils import timezone

from catalog.contracts.models import ContractVersion, QualityRule
from catalog.products.models import DataProduct
from catalog.quality.models import CheckResult, QualityCheck
from core.errors import NotFound
from core.paging import KeysetPage, keyset_page

RESULT_ORDER = ("-at",)
MAX_DRAWN = 500  # results in a drawing, the newest
MAX_EXPORTED = 50_000  # results in a file, the newest
SHOWN = ("at", "outcome", "evaluated", "failed", "value", "message", "source", "operation_id")


@dataclass(frozen=True)
class CheckSource:
    """Where the contract states the rule; `rule` is None for one that follows from the schema."""

    version: ContractVersion
    rule: QualityRule | None
    stated: Any  # what stands at the place, as JSON has it; None: nothing does any more


def check_by_id(product: DataProduct, check_id: int) -> QualityCheck:
    """An active or former check of a product that was seen, with its port.

    Raises:
        NotFound: the product has no such check.
    """
    known = QualityCheck.objects.filter(port__product=product, pk=check_id)
    found = known.select_related("port").first()
    if found is None:
        raise NotFound("This product has no such check.")
    return found


def source_of(check: QualityCheck) -> CheckSource | None:
    """The contract's version and rule behind a check; None for what another tool sent.

    At most two SQL statements.
    """
    version_id = check.port.contract_version_id
    if version_id is None or not check.pointer:
        return None
    steps = [step.replace("~1", "/").replace("~0", "~") for step in check.pointer.split("/")[1:]]
    stated = Func(
        "document", *map(Value, steps), function="jsonb_extract_path", output_field=JSONField()
    )
    light = ContractVersion.objects.select_related("contract").defer("text", "document")
    version = light.annotate(stated=stated).get(pk=version_id)
    rule = QualityRule.objects.filter(version=version_id, pointer=check.pointer).first()
    return CheckSource(version, rule, version.stated)


def result_page(
    check: QualityCheck, *, size: int, cursor: str | None = None
) -> KeysetPage[CheckResult]:
    """A page of what a check said, the newest first. One SQL statement over the primary key."""
    rows = CheckResult.objects.filter(check_run=check.pk)
    return keyset_page(rows, order=RESULT_ORDER, size=size, cursor=cursor)


def results_since(check: QualityCheck, *, days: int) -> list[CheckResult]:
    """The newest results of the last `days` days, the oldest first, at most 500.

    Only the partitions of those months are read.
    """
    since = timezone.now() - dt.timedelta(days=days)
    rows = CheckResult.objects.filter(check_run=check.pk, at__gte=since).order_by("-at")
    return list(rows.defer("message")[:MAX_DRAWN])[::-1]


def exported_results(check: QualityCheck) -> Iterator[tuple[Any, ...]]:
    """Rows of a file in the columns of `SHOWN`, the newest first."""
    rows = CheckResult.objects.filter(check_run=check.pk).order_by("-at")
    for at, *others in rows.values_list(*SHOWN)[:MAX_EXPORTED].iterator(2_000):
        yield (at.isoformat(), *others)
