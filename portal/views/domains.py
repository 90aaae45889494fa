"""Domains: the tree, one of them, and the form of its owners."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import in_domain, paths_up
from accounts.field_schemas import field_rows
from accounts.models import Domain, Team
from accounts.policies import owns_domain, require_domain_change
from accounts.services import set_domain_details
from catalog.products.models import DataProduct, DataProductQuerySet, System
from catalog.products.selectors.coverage import coverage, with_coverage
from catalog.products.states import LISTED
from catalog.quality.selectors.incidents import times_in_domain
from core.errors import Invalid
from core.rendering import GOOD
from portal.views.shared import actor_in, marketplace_url

MAX_DOMAINS = 500
MAX_PRODUCTS = 100
LABELS = {"purpose": "Purpose", "field_schema": "Fields of its own"}


@dataclass(frozen=True)
class Branch:
    """One line of the tree."""

    domain: Domain
    depth: int
    products: int
    systems: int

    @property
    def indent(self) -> range:
        return range(self.depth)


@require_safe
def domains(request: HttpRequest) -> HttpResponse:
    """The tree of domains with what each and those below it offer to the reader."""
    actor = actor_in(request)
    every = list(Domain.objects.select_related("owner").defer("field_schema"))
    paths = {domain.pk: domain.path for domain in every}
    visible = DataProduct.objects.visible_to(actor).filter(status__in=LISTED)
    products = _counted_below(visible, paths)
    systems = _counted_below(System.objects.visible_to(actor), paths)
    rows = [
        Branch(domain, domain.path.count("."), products[domain.path], systems[domain.path])
        for domain in every[:MAX_DOMAINS]
    ]
    return render(request, "portal/domains.html", {"rows": rows})


def _counted_below(rows: Any, paths: Mapping[int, str]) -> Counter[str]:
    """How many rows each domain and those below it have. One SQL statement.

    Args:
        paths: of all domains, by key: counted by the key alone, an index answers.
    """
    counts: Counter[str] = Counter()
    for key, count in rows.values_list("domain").annotate(n=Count("*")).order_by():
        for above in paths_up(paths.get(key, "")):
            counts[above] += count
    return counts


@require_safe
def domain(request: HttpRequest, path: str) -> HttpResponse:
    """One domain: its products and what they lack, systems, teams and those below it."""
    actor = actor_in(request)
    found = get_object_or_404(Domain.objects.select_related("owner", "parent__owner"), path=path)
    tree = Domain.objects.filter(Q(pk=found.pk) | Q(path__startswith=f"{path}."))
    visible = DataProduct.objects.visible_to(actor).filter(domain__in=tree.values("pk"))
    products = list(_best(visible))
    systems = System.objects.visible_to(actor).filter(in_domain(path)).select_related("owner")
    context = {
        "crumbs": _crumbs(path),
        "domain": found,
        "facts": _facts(visible),
        "products": products,
        "coverage": coverage(products),
        "children": found.children.order_by("path")[:50],
        "teams": Team.objects.filter(in_domain(path)).select_related("domain")[:50],
        "systems": systems.defer("document", "text")[:50],
        "own_fields": field_rows(found.field_schema),
        "can_change": owns_domain(actor, found),
        "list_url": marketplace_url(domain=[path]),
        "times": times_in_domain(actor, path),
    }
    return render(request, "portal/domain.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, path: str) -> HttpResponse:
    """The form of a domain's owners; what was typed stays when it is refused."""
    actor = actor_in(request)
    found = get_object_or_404(Domain, path=path)
    require_domain_change(actor, found)
    if request.method == "GET":
        schema = found.field_schema
        text = json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""
        return _form(request, found, {"purpose": found.purpose, "field_schema": text})
    typed = {name: request.POST.get(name, "") for name in LABELS}
    try:
        set_domain_details(domain=found, actor=actor, **typed)
    except Invalid as error:
        problems = [(each.pointer, each.message) for each in error.problems]
        return _form(request, found, typed, problems)
    messages.success(request, f"{found.name} is described.")
    return redirect(found)


def _form(
    request: HttpRequest,
    domain: Domain,
    values: Mapping[str, str],
    problems: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    errors: dict[str, str] = {}
    listed = []
    for pointer, message in problems:
        name, _, below = pointer.lstrip("/").partition("/")
        said = f"{message} (at /{below})" if below else message
        errors.setdefault(name, said)
        listed.append({"id": name, "label": LABELS.get(name, ""), "message": said})
    schema_hint = "JSON Schema 2020-12 of an object; its properties are asked of each product here."
    fields: list[dict[str, Any]] = [
        {"name": "purpose", "rows": 4, "note": "what it is responsible for"},
        {"name": "field_schema", "rows": 16, "mono": True, "note": "JSON", "hint": schema_hint},
    ]
    for field in fields:
        name = field["name"]
        field |= {"kind": "textarea", "id": name, "label": LABELS[name]}
        field |= {"value": values[name], "error": errors.get(name, "")}
    context = {
        "domain": domain,
        "crumbs": [*_crumbs(domain.path), {"label": domain.name, "url": domain.get_absolute_url()}],
        "fields": fields,
        "problems": listed,
    }
    return render(request, "portal/domain_edit.html", context, status=422 if problems else 200)


def _best(visible: DataProductQuerySet) -> DataProductQuerySet:
    """The products that fare best, with what they lack; one statement over those alone."""
    order = (F("quality_score").desc(nulls_last=True), "fqn")
    best = visible.order_by(*order).values("pk")[:MAX_PRODUCTS]
    shown = with_coverage(DataProduct.objects.filter(pk__in=best)).select_related("domain", "owner")
    return shown.defer("document", "text").order_by(*order)


def _crumbs(path: str) -> list[dict[str, str]]:
    above = Domain.objects.filter(path__in=paths_up(path)[:-1]).order_by("path")
    links = [{"label": each.name, "url": each.get_absolute_url()} for each in above]
    return [{"label": "Domains", "url": reverse("portal:domains")}, *links]


def _facts(products: DataProductQuerySet) -> list[dict[str, Any]]:
    """How a domain fares, each number with its yardstick. One SQL statement."""
    listed = Q(status__in=LISTED)
    found = products.aggregate(
        listed=Count("pk", filter=listed),
        measured=Count("pk", filter=listed & Q(quality_score__isnull=False)),
        good=Count("pk", filter=listed & Q(quality_score__gte=GOOD)),
        consumers=Sum("consumer_count", filter=listed),
    )
    total = found["listed"]
    return [
        {"label": "Published products", "value": f"{total:,}", "hint": "that you may see"},
        {"label": "Measured", "value": f"{found['measured']:,}", "hint": f"of {total:,}"},
        {"label": f"Score {GOOD} and more", "value": f"{found['good']:,}", "hint": f"of {total:,}"},
        {"label": "Consumers", "value": f"{found['consumers'] or 0:,}", "hint": "of all products"},
    ]
