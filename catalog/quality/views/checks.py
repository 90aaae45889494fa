"""The page of one check: what it demands, where it comes from, what it said."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.actors import Actor
from catalog.contracts.models import DataContract
from catalog.contracts.phrases import rule_text
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from catalog.products.selectors import product_by_fqn
from catalog.products.views.parts import crumbs_of
from catalog.quality.drawing import USUAL_DAYS, days_of, history_of, spans_of
from catalog.quality.models import QualityCheck
from catalog.quality.selectors import (
    CheckSource,
    check_by_id,
    label_of,
    measurer_of,
    result_page,
    results_since,
    source_of,
)
from catalog.quality.selectors.history import SHOWN, exported_results
from core.csv_rows import csv_lines
from core.documents import dump_yaml
from core.rendering import share, thousands

PAGE_SIZE = 25
MAX_STATED = 4_000  # characters
QUOTED, QUOTES = re.compile(r"`([^`]*)`"), r"“\1”"  # names in a demand


@require_safe
def check(request: HttpRequest, fqn: str, check_id: int) -> HttpResponse:
    """One check of a product that the reader may see."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    found = check_by_id(product, check_id)
    if product.fqn != fqn:
        return redirect("quality:check", product.fqn, check_id, permanent=True)
    source = source_of(found)
    source_url = source and _source_url(source, actor)
    can_change = can_change_product(actor, product)
    days = days_of(request.GET.get("days", ""))
    words, drawn = history_of(found, results_since(found, days=days), days)
    context = {
        "crumbs": [
            *crumbs_of(product),
            {"label": "Quality", "url": f"{product.get_absolute_url()}?tab=quality"},
            {"label": found.name},
        ],
        "product": product,
        "check": found,
        "demand": demand_of(found),
        "facts": _facts(found),
        "origin": label_of("origin", found.told_by),
        "source": source,
        "source_url": source_url,
        "stated": _stated(found, source) if source and source_url else "",
        "can_run": can_change and found.runnable and found.active,
        "sees_operations": can_change or actor.sees_all_metadata,
        "history": drawn,
        "history_words": words,
        "days": days,
        "spans": spans_of(reverse("quality:check", args=[product.fqn, found.pk])),
        "tone": "warn" if found.outcome in {"warn", "error"} else "bad",
        "banner_title": "Why:",
        "never_text": "The portal runs it on its schedule."
        if found.runnable
        else found.note or "The portal cannot run it. Its results are sent by the team’s own tool.",
        **_results(request, product, found, days),
    }
    return render(request, "catalog/quality/check.html", context)


@require_safe
def results(request: HttpRequest, fqn: str, check_id: int) -> StreamingHttpResponse:
    """Everything a check said as a file, the newest first, at most 50,000 rows."""
    product = product_by_fqn(request.actor, fqn)  # type: ignore[attr-defined]
    found = check_by_id(product, check_id)
    response = StreamingHttpResponse(
        csv_lines(SHOWN, exported_results(found)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="check-{found.pk}.csv"'
    return response


def demand_of(check: QualityCheck) -> str:
    """What the rule demands, in words: “Null values in id must be equal to 0 rows.”"""
    if check.demand:
        return f"Demands: {QUOTED.sub(QUOTES, check.demand)}."
    given = check.definition
    limit = rule_text(given.get("operator", ""), given.get("threshold"), given.get("unit", ""))
    subject = given.get("property") or given.get("object") or ""
    where = f" of {subject}" if subject else ""
    if given.get("type") == "sql" and limit:
        return f"What the query gives must {_must(limit)}."
    if limit:
        return f"{_metric(given.get('metric', ''))}{where} must {_must(limit)}."
    return f"A rule on {check.port.name}@{check.port.major} that another tool looks after."


def _must(limit: str) -> str:
    return limit if limit.startswith("be ") else f"be {limit}"


def _metric(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words.capitalize() or "The measure"


def _source_url(source: CheckSource, actor: Actor) -> str:
    """The rule's place on the contract's page; "" for who may not see that."""
    contract = source.version.contract
    if not DataContract.objects.visible_to(actor).filter(pk=contract.pk).exists():
        return ""
    said = urlencode({"version": source.version.version})
    place = f"#rule-{source.rule.pk}" if source.rule else "#schema-title"
    return f"{contract.get_absolute_url()}?{said}{place}"


def _stated(check: QualityCheck, source: CheckSource) -> str:
    """The rule as the contract writes it, in YAML; of a column only the word that says it."""
    if source.stated is None:
        return ""
    word = check.pointer.rpartition("/")[2]
    is_whole = isinstance(source.stated, dict)
    text = dump_yaml(source.stated if is_whole else {word: source.stated}).rstrip()
    return text if len(text) <= MAX_STATED else f"{text[:MAX_STATED]}\n…"


def _facts(check: QualityCheck) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [
        {
            "label": "Passed",
            "value": "–" if check.score is None else share(check.score),
            "hint": "of what was looked at",
        }
    ]
    if check.evaluated is not None:
        hint = f"of {thousands(check.evaluated)} looked at"
        facts.append({"label": "Rows that fail", "value": thousands(check.failed), "hint": hint})
    if check.value is not None:
        given = check.definition
        unit = "" if given.get("type") == "sql" else given.get("unit", "")  # a query says what
        limit = rule_text(given.get("operator", ""), given.get("threshold"), unit)
        hint = limit and f"must {_must(limit)}"
        facts.append({"label": "Measured", "value": f"{check.value:,.6g}", "hint": hint})
    return facts


def _results(
    request: HttpRequest, product: DataProduct, check: QualityCheck, days: int
) -> dict[str, Any]:
    cursor = request.GET.get("cursor")
    page = result_page(check, size=PAGE_SIZE, cursor=cursor)
    here = reverse("quality:check", args=[product.fqn, check.pk])
    kept = {} if days == USUAL_DAYS else {"days": days}
    following = page.next_cursor and urlencode({**kept, "cursor": page.next_cursor})
    return {
        "rows": [(each, measurer_of(each.source)) for each in page.rows],
        "pager": {
            "next": following and f"{here}?{following}#results",
            "previous": cursor and f"{here}{'?' if kept else ''}{urlencode(kept)}#results",
            "text": f"{len(page.rows)} results",
        },
        "show_pager": bool(following or cursor),
    }
