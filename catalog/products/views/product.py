"""The pages of a product and of its ports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from catalog.contracts.models import ContractVersion, DataContract
from catalog.contracts.phrases import PromiseText, promise_text
from catalog.contracts.selectors import DescribedObject, described
from catalog.contracts.selectors import versions as known_versions
from catalog.products.models import DataProduct, OutputPort, Revision
from catalog.products.phrases import change_rows, event_text, value_text
from catalog.products.policies import can_change_product, can_hand_over
from catalog.products.selectors import history, port_by_fqn, product_by_fqn, publish_problems
from catalog.products.selectors.page_sql import port_facts
from catalog.products.selectors.talk import talk_context
from catalog.products.services import publish_product
from catalog.products.snippets import (
    ColumnText,
    Snippet,
    TableText,
    snippets,
    technology_name,
)
from catalog.products.states import ProductStatus
from catalog.products.views.coming import Coming, coming_of
from catalog.products.views.parts import crumbs_of, crumbs_to
from core.errors import Invalid
from core.models import AuditEvent
from core.problems import Problem
from core.rendering import relative_time, share

TABS = {
    "overview": "Overview",
    "schema": "Schema",
    "quality": "Quality",
    "lineage": "Lineage",
    "contract": "Contract",
    "access": "Access",
    "activity": "Activity",
}
UNPUBLISHED = frozenset({ProductStatus.PROPOSED, ProductStatus.DRAFT})
SHOWN_SOURCE = 200_000  # characters of a contract on the page; the download has all
LAST_CHANGES = 5
OFF_PAGE = [
    f"{version}__{column}"
    for version in ("contract_version", "next_contract_version")
    for column in ("text", "document", "api_version", "status", "sha256", "created_at")
]
MAX_EVENTS = 100
REVISIONS = 20  # on one page
Context = dict[str, Any]


@dataclass(frozen=True)
class PortView:
    """A port with what its page parts show."""

    port: OutputPort
    technology: str
    snippets: list[Snippet]
    columns: int
    objects: list[DescribedObject]
    coming: Coming | None = None  # an announced move


@dataclass(frozen=True)
class Change:
    """One line of the history."""

    event: AuditEvent
    text: str


@dataclass(frozen=True)
class RevisionView:
    """One revision in the history."""

    revision: Revision
    text: str
    changes: list[dict[str, str]]
    is_present: bool


@require_safe
def product(request: HttpRequest, fqn: str) -> HttpResponse:
    """A product; `?tab=` says which side of it."""
    found = product_by_fqn(request.actor, fqn, for_page=True)  # type: ignore[attr-defined]
    if found.fqn != fqn:
        said = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(found.get_absolute_url() + said, permanent=True)
    return _page(request, found)


@require_POST
def publish(request: HttpRequest, fqn: str) -> HttpResponse:
    """Publish a draft; what is missing is shown on the product's page."""
    actor = request.actor  # type: ignore[attr-defined]
    found = product_by_fqn(actor, fqn, for_page=True)
    try:
        publish_product(product=found, actor=actor)
    except Invalid as error:
        return _page(request, found, problems=error.problems, status=error.status)
    messages.success(request, f"{found.name} is published. Others find it in the marketplace now.")
    return redirect(found)


@require_safe
def port(request: HttpRequest, fqn: str, port: str, major: int) -> HttpResponse:
    """One output port: how to connect, its schema, who reads it."""
    actor = request.actor  # type: ignore[attr-defined]
    found = port_by_fqn(actor, f"{fqn}/{port}@{major}")
    if found.product.fqn != fqn:
        return redirect(found, permanent=True)
    text = _filter_text(request)
    version = found.contract_version
    everything = described([version.pk])[version.pk] if version else []
    objects = described([version.pk], text=text)[version.pk] if version and text else everything
    context = {
        "crumbs": [
            *crumbs_of(found.product),
            {"label": found.name},
        ],
        "product": found.product,
        "view": _port_view(found, objects, everything),
        "datasets": found.datasets.all()[:50],
        "objects": objects,
        "filter_text": text,
    }
    return render(request, "catalog/products/port.html", context)


def _page(
    request: HttpRequest,
    product: DataProduct,
    *,
    problems: Sequence[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "overview"
    can_change = can_change_product(request.actor, product)  # type: ignore[attr-defined]
    offers_publish = can_change and product.status in UNPUBLISHED
    if problems is None:
        problems = publish_problems(product) if offers_publish else ()
    crumbs = crumbs_to(product)
    context = {
        "crumbs": crumbs,
        "domain_label": " / ".join(crumb["label"] for crumb in crumbs[1:]),
        "product": product,
        "tab": tab,
        "tabs": [(name, label, _tab_url(product, name)) for name, label in TABS.items()],
        "tab_template": f"catalog/products/_{tab}.html",
        "can_change": can_change,
        "can_hand_over": can_hand_over(request.actor, product),  # type: ignore[attr-defined]
        "offers_publish": offers_publish,
        "blockers": [each for each in problems if each.severity == "error"],
        "soon_asked": [each for each in problems if each.severity == "warning"],
        **TAB_CONTEXTS.get(tab, _nothing)(request, product),
    }
    return render(request, "catalog/products/product.html", context, status=status)


def _tab_url(product: DataProduct, tab: str) -> str:
    url = product.get_absolute_url()
    return url if tab == "overview" else f"{url}?tab={tab}"


def _nothing(request: HttpRequest, product: DataProduct) -> Context:
    """Tabs that are one panel of another room."""
    return {}


def _overview(request: HttpRequest, product: DataProduct) -> Context:
    ports = _ports(product)
    promises = _promises(ports)
    return {
        "ports": [_port_view(port) for port in ports],
        "facts": _facts(product, ports, promises),
        "promises": promises,
        "extra": [(name, value_text(value)) for name, value in product.extra.items()],
        "changes": _changes(product, LAST_CHANGES),
    }


def _ports(product: DataProduct) -> list[OutputPort]:
    """Ports with contract, promises and number of columns; kept for panels. One SQL statement."""
    ports = OutputPort.objects.select_related("contract_version", "next_contract_version")
    light = ports.defer(*OFF_PAGE).annotate(shown=port_facts())
    prefetch_related_objects([product], Prefetch("output_ports", queryset=light))
    return list(product.output_ports.all())


def _shown(port: OutputPort) -> Context:
    """What `port_facts` said of a port, if it was read with it."""
    found: Context = getattr(port, "shown", {})
    return found


def _port_view(
    port: OutputPort,
    objects: list[DescribedObject] | None = None,
    everything: Sequence[DescribedObject] = (),
) -> PortView:
    """`everything` is what the contract describes: snippets name it, whatever is shown."""
    shown = objects or []
    counted = sum(len(each.properties) for each in shown)
    return PortView(
        port=port,
        technology=technology_name(port.technology),
        snippets=snippets(port.technology, port.location, [_table(each) for each in everything]),
        columns=_shown(port).get("columns", counted),
        objects=shown,
        coming=coming_of(port),
    )


def _table(described: DescribedObject) -> TableText:
    own = (each for each in described.properties if each.path == each.name)
    return TableText(
        described.object.name,
        described.object.description,
        tuple(ColumnText(each.name, each.logical_type, each.description) for each in own),
    )


def _promises(ports: Sequence[OutputPort]) -> list[PromiseText]:
    """What the contracts promise, each thing once."""
    triples = [triple for port in ports for triple in _shown(port).get("promised", ())]
    return list(dict.fromkeys(promise_text(**triple) for triple in triples))


def _facts(
    product: DataProduct, ports: Sequence[OutputPort], promises: Sequence[PromiseText]
) -> list[Context]:
    fresh = next((promise for promise in promises if promise.is_freshness), None)
    columns = sum(_shown(port).get("columns", 0) for port in ports)
    found: list[Context] = [_quality_fact(product)]
    if fresh is not None or product.written_at is not None:
        found.append(_freshness_fact(product, fresh))
    found.append(
        {
            "label": "Consumers",
            "value": f"{product.consumer_count:,}",
            "hint": "read it now" if product.consumer_count else "nobody reads it yet",
        }
    )
    found.append(
        {
            "label": "Output ports",
            "value": str(len(ports)),
            "hint": f"{columns:,} column{'' if columns == 1 else 's'}",
        }
    )
    found.append(_life_fact(product))
    return found


def _quality_fact(product: DataProduct) -> Context:
    now = timezone.now()
    if product.quality_score is None:
        return {"label": "Quality", "scored": True, "score": None, "hint": "not measured yet"}
    stale_at = product.quality_stale_at
    return {
        "label": "Quality",
        "scored": True,
        "score": product.quality_score,
        "hint": f"{share(product.quality_coverage)} of rules measured",
        "hint2": "out of date" if stale_at and stale_at < now else _when(product),
    }


def _freshness_fact(product: DataProduct, promise: PromiseText | None) -> Context:
    """When a run last wrote, beside what the contract promises; without runs the promise alone."""
    written, now = product.written_at, timezone.now()
    if written is None:
        return {"label": "Freshness", "value": promise and promise.value, "hint": "promised"}
    ago, promised = relative_time(written, now), f"{promise.value} promised" if promise else ""
    if promise is None or promise.within is None:
        return {"label": "Freshness", "value": ago, "hint": promised or "nothing promised"}
    verdict = "Kept" if written + promise.within >= now else "Late"
    when = format_html("written {}", ago)
    return {"label": "Freshness", "value": verdict, "hint": when, "hint2": promised}


def _when(product: DataProduct) -> Any:
    return relative_time(product.quality_measured_at, timezone.now())


def _life_fact(product: DataProduct) -> Context:
    moment = product.published_at
    if moment is None:
        return {"label": "Published", "value": "Not yet", "hint": "only its owners see it"}
    return {
        "label": "Published",
        "value": relative_time(moment, timezone.now()),
        "hint": f"version {product.version}" if product.version else "",
    }


def _changes(product: DataProduct, limit: int) -> list[Change]:
    """The newest events of a product and of its ports. One SQL statement."""
    of_product = Q(object_kind="product", object_id__in=[product.fqn, str(product.pk)])
    of_ports = Q(object_kind="port", object_id__startswith=f"{product.fqn}/")
    events = AuditEvent.objects.filter(of_product | of_ports).order_by("-id")[:limit]
    return [Change(event, event_text(event.verb, event.detail)) for event in events]


def _schema(request: HttpRequest, product: DataProduct) -> Context:
    ports = _ports(product)
    text = _filter_text(request)
    versions = sorted({port.contract_version_id for port in ports if port.contract_version_id})
    objects = described(versions, text=text)
    return {
        "ports": [
            _port_view(port, objects.get(port.contract_version_id or 0, [])) for port in ports
        ],
        "filter_text": text,
    }


def _filter_text(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:100]


def _contract(request: HttpRequest, product: DataProduct) -> Context:
    ports = [port for port in _ports(product) if port.contract_version_id]
    versions = {port.contract_version_id or 0: port for port in ports}
    asked = request.GET.get("version", "")
    chosen = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
    if not ports:
        return {"contract_ports": [], "version": None}
    key = chosen if chosen in versions else next(iter(versions))
    version = ContractVersion.objects.select_related("contract").get(pk=key)
    visible = DataContract.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    return {
        "contract_ports": list(versions.values()),
        "version": version,
        "has_page": visible.filter(pk=version.contract_id).exists(),
        "about": version.document.get("description"),
        "promises": _promises([versions[key]]),
        "known": known_versions(version.contract),
        "coming": coming_of(versions[key]),
        "source_text": version.text[:SHOWN_SOURCE],
        "source_is_cut": len(version.text) > SHOWN_SOURCE,
    }


def _activity(request: HttpRequest, product: DataProduct) -> Context:
    page = history(product, size=REVISIONS, cursor=request.GET.get("cursor"))
    following = page.next_cursor
    url = _tab_url(product, "activity")
    actor = request.actor  # type: ignore[attr-defined]
    return {
        "changes": _changes(product, MAX_EVENTS),
        "revisions": [
            RevisionView(
                each,
                event_text(each.verb, {}),
                change_rows(each.changes),
                each.number == product.revision,
            )
            for each in page.rows
        ],
        "next_url": f"{url}&{urlencode({'cursor': following})}" if following else "",
        "first_url": url if request.GET.get("cursor") else "",
        **talk_context(product, actor, request.GET.get("comments")),
    }


TAB_CONTEXTS: dict[str, Callable[[HttpRequest, DataProduct], Context]] = {
    "overview": _overview,
    "schema": _schema,
    "contract": _contract,
    "activity": _activity,
}
