"""Campaigns: the list, a new one, and the one screen on which people decide."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from catalog.governance.views.forms import Field, mend_list, posted, problems_of, with_errors
from core.clock import parse_day
from core.csv_rows import csv_lines
from core.errors import DomainError, NotAllowed
from core.paging import keyset_page
from core.problems import Problem
from provisioning.recertification import policies, selectors, services
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.states import Silence
from provisioning.requests.policies import can_rule_somewhere
from provisioning.requests.selectors.rules import find_scope, visible_port

PAGE_SIZE = 100  # grants on the screen
LIST_SIZE = 25
USUAL_DAYS = 21
NAMES = ("name", "scope", "reason", "until", "silence")
TABS = (("open", "To decide"), ("all", "All"))
HOME = {"label": "Recertification", "url": "/recertifications/"}


@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """Campaigns that the reader may know, newest first, with their figures."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    page = keyset_page(
        selectors.campaigns_for_lists(actor),
        order=["-id"],
        size=LIST_SIZE,
        cursor=request.GET.get("cursor") or None,
    )
    counts = selectors.counts_of([each.pk for each in page.rows], actor)
    context = {
        "rows": [
            {"campaign": each, "scope": selectors.scope_words(each), "counts": counts[each.pk]}
            for each in page.rows
        ],
        "next": f"?cursor={page.next_cursor}" if page.next_cursor else "",
        "can_start": can_rule_somewhere(actor),
        "crumbs": [{"label": "Approvals", "url": "/approvals/"}, {"label": "Recertification"}],
    }
    return render(request, "provisioning/recertification/campaigns.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest) -> HttpResponse:
    """Start one; `?port=<fqn>` offers that port as its part of the company."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not can_rule_somewhere(actor):
        raise NotAllowed("Only stewards and owners of domains or products have access looked at.")
    if request.method != "POST":
        usual = timezone.now().date() + dt.timedelta(days=USUAL_DAYS)
        return _form(request, {"until": usual.isoformat(), "silence": Silence.REVOKE})
    values = posted(request.POST, NAMES)
    try:
        campaign = services.start_campaign(
            actor=actor,
            name=values["name"],
            reason=values["reason"],
            scope=find_scope(values["scope"], actor),
            until=parse_day(values["until"]),
            silence=values["silence"],
        )
    except NotAllowed:
        raise
    except DomainError as error:
        return _form(request, values, problems_of(error), status=error.status)
    messages.success(request, f"“{campaign}” has begun; those who decide are told.")
    return redirect(campaign)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the reader may see of one campaign; what is theirs to decide has buttons."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(actor, pk)
    if request.method != "POST":
        return _page(request, found, {}, [])
    choices = {
        int(name.removeprefix("review-")): str(value)
        for name, value in request.POST.items()
        if name.startswith("review-") and name.removeprefix("review-").isdecimal()
    }
    text = request.POST.get("note", "").replace("\0", "").strip()
    try:
        count = services.decide_reviews(
            campaign=found,
            keep=[pk for pk, value in choices.items() if value == "keep"],
            revoke=[pk for pk, value in choices.items() if value == "revoke"],
            note_text=text,
            actor=actor,
        )
    except DomainError as error:
        return _page(request, found, choices, problems_of(error), note=text, status=error.status)
    messages.success(request, f"Decided on {count}. What ends is dropped in the warehouse now.")
    return redirect(found)


@require_safe
def export(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Every review with its outcome as CSV; who took it is in the audit log."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(actor, pk)
    services.record_export(campaign=found, actor=actor)
    lines = csv_lines(selectors.EXPORT_HEADER, selectors.export_rows(found, actor))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="recertification.csv"'
    return answer


@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it before its day; what is not decided goes on as it is."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = _found(actor, pk)
    services.stop_campaign(campaign=found, actor=actor)
    messages.success(request, f"“{found}” is stopped. What was decided stays decided.")
    return redirect(found)


def _found(actor: Actor, pk: UUID) -> Campaign:
    visible = Campaign.objects.visible_to(actor)
    return get_object_or_404(
        visible.select_related(
            "port__product__owner", "port__product__domain", "domain", "created_by"
        ),
        pk=pk,
    )


def _page(
    request: HttpRequest,
    found: Campaign,
    choices: dict[int, str],
    problems: list[Problem],
    *,
    note: str = "",
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    mine = Review.objects.decidable_by(actor).filter(campaign=found).undecided()
    usual = "open" if found.is_running else "all"
    tab = request.GET.get("tab", usual)
    reviews = selectors.reviews_for_lists(found, actor)
    if tab == "open":
        reviews = reviews.filter(pk__in=mine.order_by().values("pk"))
    page = keyset_page(
        reviews, order=["pk"], size=PAGE_SIZE, cursor=request.GET.get("cursor") or None
    )
    open_to_me = set(
        mine.filter(pk__in=[each.pk for each in page.rows]).values_list("pk", flat=True)
    )
    context = {
        "campaign": found,
        "scope": selectors.scope_words(found),
        "counts": selectors.counts_of([found.pk], actor)[found.pk],
        "rows": [
            {
                "review": each,
                "grant": each.grant,
                "may_decide": found.is_running and each.pk in open_to_me,
                "choice": choices.get(each.pk, ""),
            }
            for each in page.rows
        ],
        "decidable": found.is_running and bool(open_to_me),
        "tab": tab,
        "tabs": [
            {"label": label, "url": f"?tab={name}", "current": name == tab} for name, label in TABS
        ],
        "next": f"?tab={tab}&cursor={page.next_cursor}" if page.next_cursor else "",
        "may_stop": found.is_running and policies.can_stop(actor, found),
        "problems": [{"id": "", "label": "", "message": each.message} for each in problems],
        "note": note,
        "crumbs": [{"label": "Approvals", "url": "/approvals/"}, HOME, {"label": found.name}],
    }
    return render(request, "provisioning/recertification/campaign.html", context, status=status)


def _form(
    request: HttpRequest,
    values: dict[str, str],
    problems: list[Problem] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    port = visible_port(request.GET.get("port", ""), actor)
    fields = with_errors(_fields(selectors.part_choices(actor, port), values), problems or [])
    context = {
        "fields": fields,
        "mend": mend_list(fields, problems or []),
        "crumbs": [{"label": "Approvals", "url": "/approvals/"}, HOME, {"label": "New campaign"}],
    }
    template = "provisioning/recertification/campaign_form.html"
    return render(request, template, context, status=status)


def _fields(choices: list[dict[str, str]], values: dict[str, str]) -> list[Field]:
    fields: list[Field] = [
        {"name": "name", "label": "Name", "kind": "text", "required": True,
         "hint": "Those who decide and those whose access ends read it, e.g. “Access to personal"
                 " data, autumn 2026”."},
        {"name": "scope", "label": "Access to", "kind": "select", "options": choices,
         "hint": "Every access that is in force there now is looked at."},
        {"name": "reason", "label": "Why", "note": "optional", "kind": "textarea", "rows": 2},
        {"name": "until", "label": "Decided by", "kind": "date", "required": True,
         "hint": "The last day to decide, UTC."},
        {"name": "silence", "label": "Where nobody decides", "kind": "radio", "options": [
            {"value": "revoke", "label": "Access ends", "hint": "its logins are dropped"},
            {"value": "keep", "label": "Access goes on", "hint": "until its own last day"}]},
    ]  # fmt: skip
    return [{**each, "id": each["name"], "value": values.get(each["name"], "")} for each in fields]
