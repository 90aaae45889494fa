"""The forms of a product's owners: report an incident, and what is to be one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods

from accounts.actors import Actor
from catalog.products.models import DataProduct
from catalog.products.policies import require_product_change
from catalog.products.selectors import product_by_fqn
from catalog.quality import services
from catalog.quality.models.incidents import MAX_HOPS
from catalog.quality.policies import require_incident_handling
from catalog.quality.selectors.settings import settings_of
from catalog.quality.services import ReportData, SettingsData
from catalog.quality.states import Severity
from core.errors import Invalid
from core.problems import Problem

Form = dict[str, dict[str, Any]]
SEVERITY_HINTS = {
    Severity.CRITICAL: "nobody should use the data now",
    Severity.MAJOR: "part of it is wrong or missing",
    Severity.MINOR: "it is unusual; most can go on",
}
HOPS = {
    0: "This product only",
    1: "What reads it directly",
    2: "Two steps downstream",
    3: "Three steps downstream",
}


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, fqn: str) -> HttpResponse:
    """Report what no rule sees."""
    actor, product = _actor(request), product_by_fqn(_actor(request), fqn)
    require_incident_handling(actor, product)
    form = _report_form(product)
    if request.method == "GET":
        return _page(request, product, form, {"severity": Severity.MAJOR})
    typed = _typed(request, form)
    try:
        found = services.report_incident(_report(typed), product=product, actor=actor)
    except Invalid as error:
        return _page(request, product, form, typed, error.problems)
    messages.success(request, "The incident is open. Whoever reads the product is told.")
    return redirect(found)


@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, fqn: str) -> HttpResponse:
    """What is an incident of the product, and how far downstream it is shown."""
    actor, product = _actor(request), product_by_fqn(_actor(request), fqn)
    require_product_change(actor, product)
    form = SETTINGS_FORM
    if request.method == "GET":
        return _page(request, product, form, _kept(product), title=SETTINGS)
    typed = _typed(request, form)
    try:
        services.configure_quality(_settings(typed), product=product, actor=actor)
    except Invalid as error:
        return _page(request, product, form, typed, error.problems, title=SETTINGS)
    messages.success(request, "The settings hold from now on.")
    return redirect(f"{product.get_absolute_url()}?tab=quality")


REPORT, SETTINGS = "Report an incident", "Incidents: settings"
SETTINGS_FORM: Form = {
    "score_threshold": {
        "kind": "number",
        "label": "Lowest score",
        "note": "percent",
        "min": 0,
        "max": 100,
        "step": "any",
        "hint": "A lower score is an incident. Empty: no score is; rules and promises still are.",
    },
    "downstream_hops": {
        "kind": "radio",
        "label": "Seen by",
        "options": [{"value": hops, "label": label} for hops, label in HOPS.items()],
    },
    "watches_promises": {
        "kind": "checkbox",
        "label": "Late data is an incident",
        "hint": "When no run has written for longer than the contract promises. Turn it off where "
        "lineage does not tell of every run; checks of the promise still count.",
    },
    "watches_anomalies": {
        "kind": "checkbox",
        "label": "Unusual numbers are incidents too",
        "hint": "When the number of rows or the age of the data leaves the band in which it was "
        "before: median ± 5 robust deviations of the last 30 results, once there are ten.",
    },
}


def _report_form(product: DataProduct) -> Form:
    ports = product.output_ports.values_list("name", "major")[:100]
    names = [f"{name}@{major}" for name, major in ports]
    whole = {"value": "", "label": "The whole product"}
    return {
        "title": {
            "kind": "text",
            "label": "What is wrong",
            "note": "in a few words",
            "required": True,
        },
        "detail": {
            "kind": "textarea",
            "label": "More",
            "rows": 4,
            "hint": "Which rows, since when, what to use instead.",
        },
        "severity": {
            "kind": "radio",
            "label": "How bad",
            "options": [
                {"value": each.value, "label": each.label, "hint": hint}
                for each, hint in SEVERITY_HINTS.items()
            ],
        },
        "port": {
            "kind": "select",
            "label": "Where",
            "options": [whole, *({"value": name, "label": name} for name in names)],
        },
        "broke_at": {
            "kind": "datetime-local",
            "label": "Since when",
            "hint": "UTC; empty: now",
        },
    }


def _report(typed: Mapping[str, str]) -> ReportData:
    """Raises: Invalid: the moment is none."""
    moment = _moment(typed["broke_at"])
    if typed["broke_at"] and moment is None:
        problem = Problem("/broke_at", "not-a-moment", "Say it as 2026-11-27T08:30, in UTC.")
        raise Invalid("The incident cannot be opened like that.", [problem])
    names = ("title", "detail", "severity", "port")
    return ReportData(**{name: typed[name] for name in names}, broke_at=moment)


def _settings(typed: Mapping[str, str]) -> SettingsData:
    """Raises: Invalid: a number is none."""
    problems = []
    threshold = _number(typed["score_threshold"])
    if typed["score_threshold"] and threshold is None:
        text = "A score from 0 to 100, or nothing."
        problems.append(Problem("/score_threshold", "not-a-number", text))
    hops = _number(typed["downstream_hops"])
    if hops is None or hops not in HOPS:
        text = f"Choose 0 to {MAX_HOPS} steps."
        problems.append(Problem("/downstream_hops", "out-of-range", text))
    if problems or hops is None:
        raise Invalid("The settings cannot be kept like that.", problems)
    chosen = {name: bool(typed[name]) for name in ("watches_anomalies", "watches_promises")}
    return SettingsData(threshold, int(hops), **chosen)


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _moment(text: str) -> dt.datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found and found.tzinfo is None else found


def _kept(product: DataProduct) -> dict[str, Any]:
    kept = settings_of([product.pk])[product.pk]
    threshold = kept["score_threshold"]
    return {**kept, "score_threshold": "" if threshold is None else f"{threshold:g}"}


def _page(
    request: HttpRequest,
    product: DataProduct,
    form: Form,
    values: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    *,
    title: str = REPORT,
) -> HttpResponse:
    errors = {each.pointer.lstrip("/"): each.message for each in problems}
    back = f"{product.get_absolute_url()}?tab=quality"
    context = {
        "title": title,
        "product": product,
        "fields": [
            {
                **look,
                "name": name,
                "id": name,
                "value": values.get(name, ""),
                "error": errors.get(name, ""),
            }
            for name, look in form.items()
        ],
        "problems": [
            {"id": name, "label": form[name]["label"], "message": text}
            for name, text in errors.items()
        ],
        "back": back,
        "verb": "Open it" if title == REPORT else "Save",
        "crumbs": [
            {"label": "Marketplace", "url": "/marketplace/"},
            {"label": product.name, "url": back},
            {"label": title},
        ],
    }
    status = 422 if problems else 200
    return render(request, "catalog/quality/incident_form.html", context, status=status)


def _typed(request: HttpRequest, form: Form) -> dict[str, str]:
    return {name: request.POST.get(name, "").replace("\0", "").strip() for name in form}


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined,no-any-return]
