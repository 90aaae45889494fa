"""Editing a product and taking it back to an earlier version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Domain
from catalog.products import policies
from catalog.products.models import DataProduct
from catalog.products.phrases import change_rows
from catalog.products.selectors import people_options, product_by_fqn
from catalog.products.services import (
    RevisionDiffers,
    edit_product,
    editable,
    revert_preview,
    revert_product,
)
from catalog.products.views import forms
from catalog.products.views.parts import crumbs_of
from core.errors import Invalid
from core.problems import Problem

MAX_DOMAINS = 500
MAX_FORMER = 50  # names on a page
MAX_TYPED = 200  # characters that the picker looks for


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, fqn: str) -> HttpResponse:
    """The form; a wrong entry and a conflict keep what was typed."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    policies.require_product_change(actor, product)
    if request.method != "POST":
        return _form(request, product, forms.typed_of(editable(product)), product.revision)
    form = forms.typed(request.POST)
    read = _number(request.POST.get("revision", ""))
    if {"add_row", "remove_row"} & set(request.POST):
        return _form(request, product, forms.without_row(form, request.POST), read)
    try:
        saved = edit_product(
            product=product, values=forms.values_of(form), actor=actor, expected=read
        )
    except RevisionDiffers as error:
        return _conflict(request, product, form, error)
    except Invalid as error:
        return _form(request, product, form, read, problems=error.problems, status=error.status)
    if saved.action == "unchanged":
        messages.info(request, "Nothing was different, so nothing was saved.")
    else:
        messages.success(request, f"{saved.product.name} is saved.")
    return redirect(saved.product)


@require_http_methods(["GET", "HEAD", "POST"])
def revert(request: HttpRequest, fqn: str, number: int) -> HttpResponse:
    """What going back would change, and then doing it."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    policies.require_product_change(actor, product)
    problems: Sequence[Problem] = ()
    changes: Sequence[Any] = ()
    status = 200
    try:
        if request.method == "POST":
            expected = _number(request.POST.get("revision", ""))
            saved = revert_product(product=product, number=number, actor=actor, expected=expected)
            messages.success(request, f"{saved.product.name} is as it was in version {number}.")
            return redirect(f"{saved.product.get_absolute_url()}?tab=activity")
        changes = change_rows(revert_preview(product=product, number=number, actor=actor))
    except Invalid as error:
        problems, status = error.problems, error.status if request.method == "POST" else 200
    except RevisionDiffers as error:
        problems, status = [Problem("", error.code, str(error))], error.status
    context = {
        "crumbs": crumbs_of(product),
        "product": product,
        "number": number,
        "changes": changes,
        "problems": problems,
    }
    return render(request, "catalog/products/revert.html", context, status=status)


def _conflict(
    request: HttpRequest, product: DataProduct, form: forms.Typed, error: RevisionDiffers
) -> HttpResponse:
    product.refresh_from_db()
    now = forms.typed_of(editable(product))
    pairs = [
        (name, forms.text_of(now, name), forms.text_of(form, name))
        for name in error.context["current"]
    ]
    differing = [
        {"label": forms.LABELS[name], "current": current, "yours": yours}
        for name, current, yours in pairs
        if current != yours
    ]
    return _form(request, product, form, product.revision, differing=differing, status=error.status)


def _form(
    request: HttpRequest,
    product: DataProduct,
    form: forms.Typed,
    revision: int | None,
    *,
    problems: Sequence[Problem] = (),
    differing: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    domains = Domain.objects.order_by("path")[:MAX_DOMAINS]
    picker_url = reverse("products:people", args=[product.fqn])
    fields = forms.fields_of(form, problems, domains, picker_url)
    context = {
        "crumbs": crumbs_of(product),
        "product": product,
        "fields": fields,
        "revision": revision,
        "mend": forms.mend_list(fields, problems),
        "differing": differing,
        "former_names": product.former_names.order_by("fqn")[:MAX_FORMER],
    }
    return render(request, "catalog/products/edit.html", context, status=status)


@require_safe
def people(request: HttpRequest, fqn: str) -> HttpResponse:
    """Up to 20 people and teams for what was typed in a row, as options of a datalist."""
    actor = request.actor  # type: ignore[attr-defined]
    policies.require_product_change(actor, product_by_fqn(actor, fqn))
    typed = str(next(request.GET.values(), "")).strip()[:MAX_TYPED].replace("\0", "")
    context = {"options": people_options(typed)}
    return render(request, "catalog/products/_people_options.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
