"""The pages of webhooks."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actors import Actor
from accounts.models import Team
from core.errors import Invalid, InvalidTransition, NotAllowed, NotFound
from core.paging import keyset_page
from core.problems import Problem
from portal.feed import services
from portal.feed.models import Webhook
from portal.feed.policies import can_add_webhook, can_change_webhook, require_webhook_for
from portal.feed.selectors import (
    counts_of,
    deliveries_of,
    skipped_for,
    webhook_of,
    webhooks_for_lists,
)
from portal.feed.services import WebhookData
from portal.feed.states import DeliveryState
from portal.feed.views import forms

PAGE_SIZE = 50
CRUMB = {"label": "Webhooks", "url": "/settings/webhooks/"}
TABS = (("", "All"), *DeliveryState.choices)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Webhooks of my teams."""
    actor = _actor(request)
    page = keyset_page(
        webhooks_for_lists(actor),
        order=["name", "id"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    counts = counts_of(page.rows)
    context = {
        "rows": [(each, counts[each.pk]) for each in page.rows],
        "skipped": skipped_for(actor),
        "can_add": can_add_webhook(actor),
        "next": f"?{urlencode({'cursor': page.next_cursor})}" if page.next_cursor else "",
    }
    return render(request, "portal/feed/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Add one; its secret is shown on the page that follows, once."""
    actor = _actor(request)
    if not can_add_webhook(actor):
        raise NotAllowed("Only owners of a team say where its events go.")
    if request.method != "POST":
        return _form(request, None, forms.blank())
    values = forms.posted(request.POST)
    try:
        team = _team(values["team"])
        webhook, secret = services.add_webhook(team=team, data=_data(values), actor=actor)
    except Invalid as error:
        return _form(request, None, values, list(error.problems))
    return _page(request, webhook_of(actor, webhook.pk), secret=secret, status=201)


@require_safe
def webhook(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One webhook and what was sent to it."""
    return _page(request, webhook_of(_actor(request), pk))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change it."""
    actor = _actor(request)
    found = webhook_of(actor, pk)
    require_webhook_for(actor, found.team)
    if request.method != "POST":
        return _form(request, found, forms.shown(found))
    values = forms.posted(request.POST)
    try:
        services.change_webhook(webhook=found, data=_data(values), actor=actor)
    except Invalid as error:
        return _form(request, found, values, list(error.problems))
    messages.success(request, "The webhook is saved.")
    return redirect(found)


@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What its buttons do; `do` is a verb, or the number of a delivery to send again."""
    actor = _actor(request)
    found = webhook_of(actor, pk)
    verb = request.POST.get("do", "")
    if verb == "secret":
        secret = services.renew_secret(webhook=found, actor=actor)
        return _page(request, webhook_of(actor, pk), secret=secret)
    try:
        text = _done(found, verb, actor)
    except InvalidTransition as error:
        messages.error(request, str(error))
    else:
        messages.success(request, text)
    return redirect(found)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then forget it."""
    actor = _actor(request)
    found = webhook_of(actor, pk)
    require_webhook_for(actor, found.team)
    if request.method == "POST":
        services.remove_webhook(webhook=found, actor=actor)
        messages.success(request, f"“{found}” is removed; nothing is sent to it any more.")
        return redirect("feed:webhooks")
    context = {
        "crumbs": [CRUMB, {"label": found.name, "url": found.get_absolute_url()}],
        "webhook": found,
        "counts": counts_of([found])[found.pk],
    }
    return render(request, "portal/feed/webhook_remove.html", context)


@require_safe
def delivery(request: HttpRequest, pk: UUID, delivery: int) -> HttpResponse:
    """One delivery: what was sent, and every try."""
    actor = _actor(request)
    found = webhook_of(actor, pk)
    row = deliveries_of(found).filter(pk=delivery).first()
    if row is None:
        raise NotFound()
    context = {
        "crumbs": [CRUMB, {"label": found.name, "url": found.get_absolute_url()}],
        "webhook": found,
        "delivery": row,
        "body": json.dumps(json.loads(row.body), indent=2, ensure_ascii=False),
        "tries": forms.dated(row.tries),
        "can_change": can_change_webhook(actor, found),
    }
    return render(request, "portal/feed/delivery.html", context)


def _done(found: Webhook, verb: str, actor: Actor) -> str:
    """Do it and say so."""
    if verb == "test":
        services.send_test(webhook=found, actor=actor)
        return "A test event is on its way; it stands below in a moment."
    if verb == "enable":
        services.enable_webhook(webhook=found, actor=actor)
        return "It is enabled: what happens from now on is sent to it."
    if verb == "disable":
        services.disable_webhook(webhook=found, actor=actor)
        return "It is disabled: nothing is sent to it."
    if verb == "redeliver":
        count = services.redeliver_failed(webhook=found, actor=actor)
        return f"{count} event{'' if count == 1 else 's'} will be sent again."
    rows = deliveries_of(found).select_related("webhook__team")
    row = rows.filter(pk=int(verb)).first() if verb.isdecimal() and len(verb) < 19 else None
    if row is None:
        raise NotFound()
    services.redeliver(delivery=row, actor=actor)
    return f"{row.type} will be sent again."


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _team(slug: str) -> Team:
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        problem = Problem("/team", "unknown-team", "Choose a team from the list.")
        raise Invalid("There is no such team.", [problem])
    return team


def _data(values: dict[str, Any]) -> WebhookData:
    return WebhookData(
        name=values["name"],
        url=values["url"],
        types=values["types"] if values["which"] == "some" else [],
        own_only=values["reach"] == "own",
    )


def _page(
    request: HttpRequest, found: Webhook, *, secret: str = "", status: int = 200
) -> HttpResponse:
    state = request.GET.get("state", "")
    state = state if state in DeliveryState.values else ""
    page = keyset_page(
        deliveries_of(found, state=state).defer("body"),
        order=["-id"],
        size=PAGE_SIZE,
        cursor=request.GET.get("cursor"),
    )
    kept = {"state": state, "cursor": page.next_cursor}
    following = urlencode({name: value for name, value in kept.items() if value})
    context = {
        "crumbs": [CRUMB, {"label": found.name}],
        "webhook": found,
        "secret": secret,
        "counts": counts_of([found])[found.pk],
        "deliveries": page.rows,
        "state": state,
        "tabs": [(value, label, value == state) for value, label in TABS],
        "next": f"?{following}" if page.next_cursor else "",
        "can_change": can_change_webhook(_actor(request), found),
    }
    response = render(request, "portal/feed/webhook.html", context, status=status)
    if secret:
        response["Cache-Control"] = "no-store"
    return response


def _form(
    request: HttpRequest,
    found: Webhook | None,
    values: dict[str, Any],
    problems: list[Problem] | None = None,
) -> HttpResponse:
    title = f"Change {found.name}" if found else "Add a webhook"
    context = {
        "crumbs": [CRUMB, {"label": title}],
        "title": title,
        "webhook": found,
        **forms.form_context(_actor(request), found, values, problems or []),
    }
    status = 422 if problems else 200
    return render(request, "portal/feed/webhook_form.html", context, status=status)
