"""Quality on the product page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.actors import Actor
from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from catalog.products.states import LISTED
from catalog.quality.completeness import Completeness
from catalog.quality.drawing import USUAL_DAYS, days_of, spans_of, trend_with_marks
from catalog.quality.policies import can_handle_incidents
from catalog.quality.scores import ShownLoss, ShownSum, shown_sum
from catalog.quality.selectors import (
    QualityOfProduct,
    check_page,
    facets_of,
    filter_of,
    label_of,
    quality_of,
)
from catalog.quality.signing import badge_path

PAGE_SIZE = 25
NAMED_LOSSES = 5
SHOWN_INCIDENTS = 12


@dataclass(frozen=True)
class Lack:
    """Something that is not written down, and where to write it."""

    label: str
    mend: str
    url: str


def product_quality(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Quality tab: the score, why this score, dimensions, trend, checks, incidents."""
    actor = request.actor  # type: ignore[attr-defined]
    days = days_of(request.GET.get("days", ""))
    quality = quality_of(product, days=days)
    can_change = can_change_product(actor, product)
    described = quality.completeness
    why = None
    if quality.score is not None:
        why = shown_sum(quality.score, quality.explanation, most=NAMED_LOSSES)
    context = {
        "product": product,
        "quality": quality,
        "why": why,
        "losses": _losses(why, quality) if why else [],
        "can_change": can_change,
        "can_run": can_change,
        "trend": trend_with_marks(quality.trend, quality.incidents, days),
        "days": days,
        "spans": spans_of(tab_address(product), joined="&"),
        "completeness": described,
        "lacks": lacks_of(product, described),
        "reason": None if quality.checks else _reason(described),
        "badge_url": quality.badge_link
        and request.build_absolute_uri(badge_path(quality.badge_link)),
        **_numbers(product, quality),
        **_list(request, product, quality, days),
        **_incidents(actor, product, quality),
    }
    return render_to_string("catalog/quality/_product_quality.html", context, request)


def tab_address(product: DataProduct, **said: Any) -> str:
    """The Quality tab with these parameters; what is usual stays out."""
    asked = {name: value for name, value in said.items() if value and value != USUAL_DAYS}
    return f"{product.get_absolute_url()}?{urlencode({'tab': 'quality', **asked})}"


def lacks_of(product: DataProduct, described: Completeness) -> list[Lack]:
    """What is to be done about the description, with the place to do it."""
    page = product.get_absolute_url()
    places = {
        "edit": reverse("products:edit", args=[product.fqn]),
        "team": product.owner.get_absolute_url(),
        "contract": f"{page}?tab=contract",
        "schema": f"{page}?tab=schema",
    }
    return [Lack(each.label, each.mend, places[each.place]) for each in described.lacking]


def _reason(described: Completeness) -> str:
    """Why there is no check: `contract`, when there is none, or `rules`, when it states none."""
    contract = next(each for each in described.aspects if each.name == "contract")
    return "rules" if contract.share else "contract"


def _losses(why: ShownSum, quality: QualityOfProduct) -> list[tuple[ShownLoss, str]]:
    """What costs points; of a product with several ports with the name of the port."""
    ports = {check.pk: check.port.rpartition("/")[2] for check in quality.checks}
    names_port = len(set(ports.values())) > 1
    return [
        (line, ports.get(line.contribution.check_id, "") if names_port else "")
        for line in why.losses
    ]


def _numbers(product: DataProduct, quality: QualityOfProduct) -> dict[str, Any]:
    """Counts, each with the address of the rows it counts."""
    passed = sum(check.outcome == "pass" for check in quality.checks)
    measured = sum(check.score is not None for check in quality.checks)
    dimensions = [
        (part, tab_address(product, dimension=part.dimension) + "#checks")
        for part in quality.dimensions
    ]
    return {
        "passed": passed,
        "measured": measured,
        "passed_url": tab_address(product, outcome="pass") + "#checks",
        "never_url": tab_address(product, outcome="never") + "#checks",
        "dimensions": dimensions,
    }


def _list(
    request: HttpRequest, product: DataProduct, quality: QualityOfProduct, days: int
) -> dict[str, Any]:
    asked = filter_of(request.GET)
    cursor = request.GET.get("cursor")
    page = check_page(product, asked, size=PAGE_SIZE, cursor=cursor)
    said = {**asked.said(), "days": days}
    following = page.next_cursor and tab_address(product, **said, cursor=page.next_cursor)
    return {
        "asked": asked,
        "rows": [(each, label_of("origin", each.told_by)) for each in page.rows],
        "facets": facets_of(quality.checks, asked),
        "pager": {
            "next": following and f"{following}#checks",
            "previous": cursor and tab_address(product, **said) + "#checks",
            "text": f"{len(page.rows)} of {len(quality.checks):,}" if page.rows else "",
        },
        "list_url": tab_address(product, days=days),
        "show_pager": bool(following or cursor),
    }


def _incidents(actor: Actor, product: DataProduct, quality: QualityOfProduct) -> dict[str, Any]:
    """The open ones, those that ended last, and what the reader may do about them."""
    shown = quality.incidents[:SHOWN_INCIDENTS]
    count = sum(not each.is_resolved for each in shown)
    return {
        "is_relied_on": product.status in LISTED,  # of others there are no incidents
        "incidents": shown,
        "open": f"{count}{'+' if count == SHOWN_INCIDENTS else ''}" if count else "",
        "may_report": can_handle_incidents(actor, product),
    }
