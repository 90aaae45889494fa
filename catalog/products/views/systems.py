"""The pages of operational systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.actors import Actor
from catalog.products.models import DataProduct, InputPort, System, SystemDataset, SystemPort
from catalog.products.policies import can_change_system
from catalog.products.selectors import system_by_fqn
from catalog.products.selectors.systems import systems_matching
from catalog.products.services import release_system_name
from core.paging import keyset_page

PAGE_SIZE = 50
SHOWN_OPERATIONS = 200  # of one port; the filter finds the rest
SHOWN_SOURCE = 200_000  # characters of a document on the page
MAX_READERS = 100
MAX_FORMER = 50  # names on a page


@dataclass(frozen=True)
class PortView:
    """A port with the operations that the filter leaves."""

    port: SystemPort
    operations: list[dict[str, str]]
    found: int
    datasets: list[SystemDataset]

    @property
    def hidden(self) -> int:
        return self.found - len(self.operations)


@require_safe
def systems(request: HttpRequest) -> HttpResponse:
    """Operational systems; `?q=` finds them by name, technology and operation."""
    text, domain = _text(request, "q"), _text(request, "domain")
    rows = systems_matching(_actor(request), text=text, domain=domain)
    inputs = InputPort.objects.filter(system=OuterRef("pk")).order_by().values("system")
    readers = inputs.annotate(n=Count("product", distinct=True)).values("n")
    page = keyset_page(
        rows.annotate(reader_count=Coalesce(Subquery(readers), 0)),
        order=["fqn"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    kept = {name: value for name, value in (("q", text), ("domain", domain)) if value}
    context = {
        "systems": page.rows,
        "text": text,
        "domain": domain,
        "pager": {
            "text": f"{len(page.rows)} on this page",
            "next": page.next_cursor and f"?{urlencode({**kept, 'cursor': page.next_cursor})}",
            "previous": f"?{urlencode(kept)}" if request.GET.get("cursor") else "",
        },
    }
    return render(request, "catalog/products/systems.html", context)


@require_safe
def system(request: HttpRequest, fqn: str) -> HttpResponse:
    """One system: who owns it, what its interfaces offer, who reads it."""
    actor = _actor(request)
    found = system_by_fqn(actor, fqn)
    if found.fqn != fqn:
        said = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(found.get_absolute_url() + said, permanent=True)
    can_change = can_change_system(actor, found)
    text = _text(request, "q")
    ports = [
        _port_view(port, text)
        for port in found.ports.defer("document").prefetch_related("datasets")
    ]
    context = {
        "crumbs": [
            {"label": "Systems", "url": reverse("products:systems")},
            {"label": found.domain.name, "url": found.domain.get_absolute_url()},
        ],
        "system": found,
        "ports": ports,
        "text": text,
        "readers": _readers(actor, found),
        "can_change": can_change,
        "former_names": found.former_names.order_by("fqn")[:MAX_FORMER] if can_change else (),
        "source_text": found.text[:SHOWN_SOURCE],
        "source_is_cut": len(found.text) > SHOWN_SOURCE,
        "has_datasets": any(view.datasets for view in ports),
        "operation_count": sum(len(view.port.operations) for view in ports),
    }
    return render(request, "catalog/products/system.html", context)


@require_safe
def port_source(request: HttpRequest, fqn: str, port: str) -> HttpResponse:
    """The document of a port as it was given, as a download of plain text."""
    found = system_by_fqn(_actor(request), fqn)
    if found.fqn != fqn:
        return redirect("products:system-port-source", found.fqn, port, permanent=True)
    row = found.ports.filter(name=port).exclude(text="").values_list("text", flat=True).first()
    if row is None:
        return render(request, "errors/404.html", status=404)
    response = HttpResponse(row, content_type="text/plain; charset=utf-8")
    kind = "json" if row.lstrip().startswith("{") else "yaml"
    response["Content-Disposition"] = f'attachment; filename="{port}.{kind}"'
    return response


@require_POST
def release(request: HttpRequest, fqn: str) -> HttpResponse:
    """Give up a former name of the system."""
    found = system_by_fqn(_actor(request), fqn)
    name = request.POST.get("name", "").replace("\0", "")[:600]
    release_system_name(system=found, fqn=name, actor=_actor(request))
    messages.success(request, f"{name} leads here no more; others may take it.")
    return redirect(found)


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:100]


def _port_view(port: SystemPort, text: str) -> PortView:
    wanted = text.lower()
    found = [
        each
        for each in port.operations
        if wanted in f"{each['verb']} {each['name']} {each['summary']}".lower()
    ]
    return PortView(port, found[:SHOWN_OPERATIONS], len(found), list(port.datasets.all()))


def _readers(actor: Actor, system: System) -> list[InputPort]:
    """The inputs of visible products that read the system."""
    visible = DataProduct.objects.visible_to(actor)
    inputs: QuerySet[InputPort, Any] = InputPort.objects.filter(system=system, product__in=visible)
    shown = inputs.select_related("product__domain", "product__owner", "system_port")
    return list(shown.order_by("product__name", "pk")[:MAX_READERS])
