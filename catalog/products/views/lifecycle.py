"""The life of a product: accept, publish again, deprecate, retire, hand over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Team
from catalog.products import policies
from catalog.products.models import DataProduct
from catalog.products.selectors import product_by_fqn
from catalog.products.services import (
    accept_product,
    deprecate_product,
    hand_over_product,
    own_contracts,
    release_name,
    retire_product,
)
from catalog.products.views.parts import crumbs_of
from core.errors import Invalid, NotFound
from core.problems import Problem

Field = dict[str, Any]
MAX_TEAMS = 500
ENDING = ("Deprecate", "Retire")


@require_POST
def accept(request: HttpRequest, fqn: str) -> HttpResponse:
    """Make a draft of a proposal."""
    actor = request.actor  # type: ignore[attr-defined]
    product = accept_product(product=product_by_fqn(actor, fqn), actor=actor)
    messages.success(request, f"{product.name} is a draft now. Give it ports, then publish it.")
    return redirect(product)


@require_http_methods(["GET", "HEAD", "POST"])
def deprecate(request: HttpRequest, fqn: str) -> HttpResponse:
    """Announce the end; consumers are told what to use instead."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    policies.require_product_change(actor, product)

    def do() -> DataProduct:
        return deprecate_product(
            product=product,
            actor=actor,
            successor=_successor(request, request.POST.get("successor", "").strip()),
            sunset_on=_date(request.POST.get("sunset_on", "").strip()),
        )

    fields = [
        _field("successor", "Successor", "Address of the product to use instead.", mono=True),
        _field("sunset_on", "Ends on", "The day after which it may go away.", kind="date"),
    ]
    consequences = [
        "It stays readable, and everybody who has access keeps it.",
        "A banner on its page names the successor and the last day.",
        "It moves down in search.",
    ]
    return _dialog(request, product, "Deprecate", fields, consequences, do)


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, fqn: str) -> HttpResponse:
    """End a product; its name is typed first."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    policies.require_product_change(actor, product)

    def do() -> DataProduct:
        if request.POST.get("confirm", "").strip() != product.slug:
            message = f"Type {product.slug} to go on."
            raise Invalid(message, [Problem("/confirm", "not-confirmed", message)])
        return retire_product(product=product, actor=actor)

    readers = product.consumer_count
    consequences = [
        "Only its team and the owners of its domain see it from now on.",
        f"{readers:,} consumer{'' if readers == 1 else 's'} will not find it any more.",
        "This cannot be undone; its history stays.",
    ]
    fields = [_field("confirm", f"Type {product.slug} to go on", "", mono=True)]
    return _dialog(request, product, "Retire", fields, consequences, do)


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest, fqn: str) -> HttpResponse:
    """Give the product to another team."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    policies.require_hand_over(actor, product)

    def do() -> DataProduct:
        slug = request.POST.get("team", "").replace("\0", "")[:63]
        team = Team.objects.filter(slug=slug).first()
        if team is None:
            message = "Choose the team that takes it."
            raise Invalid(message, [Problem("/team", "unknown-team", message)])
        note = request.POST.get("note", "").replace("\0", "").strip()
        return hand_over_product(product=product, to_team=team, actor=actor, note=note)

    teams = Team.objects.exclude(pk=product.owner_id).order_by("name")[:MAX_TEAMS]
    named = [{"value": each.slug, "label": f"{each.name} ({each.slug})"} for each in teams]
    options = [{"value": "", "label": "Choose a team"}, *named]
    along = len(own_contracts(product))
    fields = [
        _field("team", "Team that takes it", "", kind="select", options=options),
        _field("note", "Why", "Kept in the history."),
    ]
    consequences = [
        f"{product.owner.name} cannot change it any more.",
        f"{along:,} of its contracts, which only this product names, go along.",
        "Its address, its domain and everybody's access stay.",
    ]
    return _dialog(request, product, "Hand over", fields, consequences, do)


@require_POST
def release(request: HttpRequest, fqn: str) -> HttpResponse:
    """Give up a former name of the product."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    name = request.POST.get("name", "").replace("\0", "")[:600]
    release_name(product=product, fqn=name, actor=actor)
    messages.success(request, f"{name} leads here no more; others may take it.")
    return redirect("products:edit", fqn=product.fqn)


def _dialog(
    request: HttpRequest,
    product: DataProduct,
    verb: str,
    fields: Sequence[Field],
    consequences: Sequence[str],
    do: Callable[[], DataProduct],
) -> HttpResponse:
    """The page that says what follows; sent, it does it."""
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            changed = do()
        except Invalid as error:
            errors = {each.pointer.strip("/"): each.message for each in error.problems}
            status = error.status
        else:
            messages.success(request, f"{changed.name}: {verb.lower()} – done.")
            return _after(request, changed)
    context = {
        "crumbs": crumbs_of(product),
        "product": product,
        "verb": verb,
        "is_final": verb == "Retire",
        "is_ending": verb in ENDING,
        "fields": [_filled(each, request.POST, errors) for each in fields],
        "consequences": consequences,
    }
    return render(request, "catalog/products/dialog.html", context, status=status)


def _after(request: HttpRequest, product: DataProduct) -> HttpResponse:
    """Back to the product, or home where the actor does not see it any more."""
    seen = DataProduct.objects.visible_to(request.actor)  # type: ignore[attr-defined]
    return redirect(product if seen.filter(pk=product.pk).exists() else "/")


def _field(name: str, label: str, hint: str, **values: Any) -> Field:
    return {"kind": "text", "name": name, "id": name, "label": label, "hint": hint, **values}


def _filled(field: Field, typed: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    name = field["name"]
    return {**field, "value": typed.get(name, ""), "error": errors.get(name, "")}


def _successor(request: HttpRequest, fqn: str) -> DataProduct | None:
    if not fqn:
        return None
    try:
        return product_by_fqn(request.actor, fqn.replace("\0", ""))  # type: ignore[attr-defined]
    except NotFound:
        message = "There is no product of this name that you may see."
        raise Invalid(message, [Problem("/successor", "unknown-product", message)]) from None


def _date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        message = "Write the date as 2027-01-31."
        raise Invalid(message, [Problem("/sunset_on", "bad-date", message)]) from None
