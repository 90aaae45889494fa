"""Following, announcing and commenting in a browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actors import Actor
from catalog.products import services
from catalog.products.models import Announcement, Comment, DataProduct
from catalog.products.policies import can_edit_comment, require_product_change
from catalog.products.selectors import product_by_fqn
from catalog.products.selectors.talk import announcement_of, comment_of
from catalog.products.states import AnnouncementKind
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.htmx import wants_fragment
from core.problems import Problem

LABELS = {
    "kind": "Kind",
    "title": "In a line",
    "body": "More",
    "starts_at": "Begins",
    "ends_at": "Ends",
}
KIND_HINTS = {
    AnnouncementKind.NEWS: "something is new or will change",
    AnnouncementKind.MAINTENANCE: "it will not be readable, or be late, for a while",
    AnnouncementKind.INCIDENT: "it is wrong or late now",
}


@require_POST
def follow(request: HttpRequest, fqn: str) -> HttpResponse:
    """Follow or unfollow; answers the button alone to htmx."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    follows = request.POST.get("follow") == "on"
    change = services.follow_product if follows else services.unfollow_product
    count = change(product=product, actor=actor)
    if wants_fragment(request):
        context = {"product": product, "follows": follows, "followers": count}
        return render(request, "catalog/products/_follow.html", context)
    return redirect(product)


@require_http_methods(["GET", "POST"])
def announcement_new(request: HttpRequest, fqn: str) -> HttpResponse:
    """The form that announces something."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    require_product_change(actor, product)
    if request.method == "GET":
        return _announcement_form(request, product, None, {"kind": AnnouncementKind.NEWS})
    return _announced(request, product, None)


@require_http_methods(["GET", "POST"])
def announcement_edit(request: HttpRequest, fqn: str, announcement_id: int) -> HttpResponse:
    """The form that says it differently."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    require_product_change(actor, product)
    found = announcement_of(product, announcement_id)
    if request.method == "GET":
        values = {name: getattr(found, name) for name in ("kind", "title", "body")}
        moments = {name: _written(getattr(found, name)) for name in ("starts_at", "ends_at")}
        return _announcement_form(request, product, found, {**values, **moments})
    return _announced(request, product, found)


@require_POST
def announcement_end(request: HttpRequest, fqn: str, announcement_id: int) -> HttpResponse:
    """End it now."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    found = announcement_of(product, announcement_id)
    services.end_announcement(announcement=found, actor=actor)
    messages.success(request, f"“{found.title}” has ended.")
    return redirect(_activity(product))


@require_POST
def comment_new(request: HttpRequest, fqn: str) -> HttpResponse:
    """Write a comment or a reply; what was typed stays when it is refused."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    body, parent = request.POST.get("body", ""), _parent(product, request.POST.get("parent", ""))
    try:
        made = services.write_comment(product=product, body=body, actor=actor, parent=parent)
    except Invalid as error:
        return _comment_form(request, product, body, parent=parent, problems=error.problems)
    except services.TooManyComments as error:
        return _comment_form(request, product, body, parent=parent, error=error)
    return redirect(f"{_activity(product)}#c-{made.pk}")


@require_http_methods(["GET", "POST"])
def comment_edit(request: HttpRequest, fqn: str, comment_id: int) -> HttpResponse:
    """Change one's own words."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    found = comment_of(product, comment_id)
    if request.method == "GET":
        if not can_edit_comment(actor, found):
            raise NotAllowed("Only its author may change a comment.")
        return _comment_form(request, product, found.body, edited=found)
    body = request.POST.get("body", "")
    try:
        services.edit_comment(comment=found, body=body, actor=actor)
    except Invalid as error:
        return _comment_form(request, product, body, edited=found, problems=error.problems)
    return redirect(f"{_activity(product)}#c-{found.pk}")


@require_POST
def comment_remove(request: HttpRequest, fqn: str, comment_id: int) -> HttpResponse:
    """Take the words away."""
    actor = _actor(request)
    product = product_by_fqn(actor, fqn)
    services.remove_comment(comment=comment_of(product, comment_id), actor=actor)
    messages.success(request, "The comment was removed.")
    return redirect(_activity(product))


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _activity(product: DataProduct) -> str:
    return f"{product.get_absolute_url()}?tab=activity"


def _parent(product: DataProduct, text: str) -> Comment | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise NotFound()
    return comment_of(product, int(text))


def _comment_form(
    request: HttpRequest,
    product: DataProduct,
    body: str,
    *,
    parent: Comment | None = None,
    edited: Comment | None = None,
    problems: Sequence[Problem] = (),
    error: DomainError | None = None,
) -> HttpResponse:
    refused = [problem.message for problem in problems] + ([str(error)] if error else [])
    field = {
        "kind": "textarea",
        "name": "body",
        "id": "body",
        "label": "Comment",
        "note": "Markdown",
        "rows": 6,
        "value": body,
        "required": True,
        "error": refused[0] if refused else "",
    }
    title = "Change your comment" if edited else "Reply" if parent else "Write a comment"
    context = {
        "crumbs": _crumbs(product, title),
        "title": title,
        "product": product,
        "parent": parent,
        "fields": [field],
        "problems": [{"id": "body", "label": "Comment", "message": text} for text in refused],
        "back": _activity(product),
        "verb": "Save" if edited else "Comment",
    }
    status = error.status if error else 422 if problems else 200
    return render(request, "catalog/products/talk_form.html", context, status=status)


def _announced(
    request: HttpRequest, product: DataProduct, known: Announcement | None
) -> HttpResponse:
    """Make or change it; the form again with what was typed where it is refused."""
    typed = {name: request.POST.get(name, "").strip() for name in LABELS}
    errors = {
        name: "Write the moment as 2027-01-31T09:00."
        for name in ("starts_at", "ends_at")
        if typed[name] and _moment(typed[name]) is None
    }
    if errors:
        return _announcement_form(request, product, known, typed, errors)
    values: dict[str, Any] = {name: typed[name] for name in ("kind", "title", "body")}
    values |= {name: _moment(typed[name]) for name in ("starts_at", "ends_at")}
    try:
        if known is None:
            services.make_announcement(product=product, actor=_actor(request), **values)
        else:
            services.edit_announcement(announcement=known, actor=_actor(request), **values)
    except Invalid as error:
        errors = {each.pointer.strip("/"): each.message for each in error.problems}
        return _announcement_form(request, product, known, typed, errors)
    messages.success(request, "Announced. Everybody who sees the product sees it.")
    return redirect(_activity(product))


def _announcement_form(
    request: HttpRequest,
    product: DataProduct,
    known: Announcement | None,
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    errors = errors or {}
    title = "Change the announcement" if known else "Announce something"
    context = {
        "crumbs": _crumbs(product, title),
        "title": title,
        "product": product,
        "fields": _announcement_fields(values, errors),
        "problems": [
            {"id": name, "label": LABELS.get(name, ""), "message": text}
            for name, text in errors.items()
        ],
        "back": _activity(product),
        "verb": "Save" if known else "Announce",
    }
    status = 422 if errors else 200
    return render(request, "catalog/products/talk_form.html", context, status=status)


def _announcement_fields(
    values: Mapping[str, Any], errors: Mapping[str, str]
) -> list[dict[str, Any]]:
    kinds = [
        {"value": kind.value, "label": kind.label, "hint": KIND_HINTS[kind]}
        for kind in AnnouncementKind
    ]
    shapes: dict[str, dict[str, Any]] = {
        "kind": {"kind": "radio", "options": kinds},
        "title": {"kind": "text", "required": True, "note": "what every consumer should know"},
        "body": {"kind": "textarea", "rows": 5, "note": "Markdown"},
        "starts_at": {"kind": "datetime-local", "hint": "UTC; empty: now"},
        "ends_at": {"kind": "datetime-local", "hint": "UTC; empty: until you end it"},
    }
    return [
        {
            **shape,
            "name": name,
            "id": name,
            "label": LABELS[name],
            "value": values.get(name, ""),
            "error": errors.get(name, ""),
        }
        for name, shape in shapes.items()
    ]


def _moment(text: str) -> dt.datetime | None:
    """A moment as date and time fields send it, in UTC; None when it is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found and found.tzinfo is None else found


def _written(moment: dt.datetime | None) -> str:
    return timezone.localtime(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _crumbs(product: DataProduct, title: str) -> list[dict[str, str]]:
    return [
        {"label": "Marketplace", "url": "/marketplace/"},
        {"label": product.name, "url": product.get_absolute_url()},
        {"label": title, "url": ""},
    ]
