"""Datasets that no port offers yet, for their owners to claim."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from accounts.actors import Actor
from catalog.lineage import services
from catalog.lineage.models import Dataset
from catalog.lineage.selectors.ids import encoded
from catalog.products.models import OutputPort
from core.errors import NotFound
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 25
MAX_TYPED = 200
MAX_OPTIONS = 20
ORDER = ("-first_seen", "-id")


@require_GET
def unmatched(request: HttpRequest) -> HttpResponse:
    """`?q=&cursor=`: what lineage names and no port offers, the newest first."""
    return _page(request)


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Say which port offers a dataset; what was typed stays when it is refused."""
    node = request.POST.get("dataset", "")
    port = request.POST.get("port", "").strip()
    if not port:
        return _page(request, node=node, message="Name one of your output ports.")
    try:
        dataset = services.claim_dataset(node=node, port=port, actor=_actor(request))
    except NotFound:
        return _page(request, node=node, port=port, message="There is no such port or dataset.")
    messages.success(request, f"{dataset.name} belongs to {port} now.")
    return redirect(_address(request.POST.get("q", "")))


@require_POST
def unclaim(request: HttpRequest) -> HttpResponse:
    """Let the dataset's names say again which port offers it."""
    dataset = services.unclaim_dataset(node=request.POST.get("dataset", ""), actor=_actor(request))
    messages.success(request, f"{dataset.name} goes by its names again.")
    return redirect("lineage:unmatched")


@require_GET
def port_options(request: HttpRequest) -> HttpResponse:
    """Ports of the viewer's products whose name holds what was typed."""
    ports = _own_ports(_actor(request), request.GET.get("port", ""))
    return render(request, "catalog/lineage/_port_options.html", {"ports": ports})


def _page(
    request: HttpRequest, *, node: str = "", port: str = "", message: str = ""
) -> HttpResponse:
    actor = _actor(request)
    given = request.POST if request.method == "POST" else request.GET
    typed = given.get("q", "").strip()[:MAX_TYPED].replace("\0", "")
    rows = Dataset.objects.unmatched_for(actor).matching(typed).select_related("posted_by")
    cursor = request.GET.get("cursor")
    page = keyset_page(rows, order=ORDER, size=PAGE_SIZE, cursor=cursor)
    claimed = Dataset.objects.filter(
        claimed_at__isnull=False, port__product__owner__in=actor.contributor_team_ids
    )
    context: dict[str, Any] = {
        "rows": [
            {"dataset": each, "key": (key := _key(each)), "error": message if key == node else ""}
            for each in page.rows
        ],
        "typed": typed,
        "port": port,
        "problems": [Problem("", "refused", message)] if message else [],
        "ports": _own_ports(actor, port),
        "claimed": [
            {"dataset": each, "key": _key(each)}
            for each in claimed.select_related("port").order_by("-claimed_at")[:PAGE_SIZE]
        ],
        "more": _address(typed, page.next_cursor) if page.next_cursor else "",
    }
    status = 422 if message else 200
    return render(request, "catalog/lineage/unmatched.html", context, status=status)


def _key(dataset: Dataset) -> str:
    return encoded("dataset", (dataset.namespace, dataset.name))


def _own_ports(actor: Actor, typed: str) -> list[OutputPort]:
    ports = OutputPort.objects.filter(product__owner__in=actor.contributor_team_ids)
    found = ports.filter(fqn__icontains=typed[:MAX_TYPED].replace("\0", ""))
    return list(found.order_by("fqn").only("fqn", "name")[:MAX_OPTIONS])


def _address(typed: str = "", cursor: str | None = None) -> str:
    query = {key: value for key, value in (("q", typed), ("cursor", cursor)) if value}
    address = reverse("lineage:unmatched")
    return f"{address}?{urlencode(query)}" if query else address


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
