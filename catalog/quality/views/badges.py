"""The score as a picture: for readers, and at an address that its owners gave away."""

from __future__ import annotations

import hashlib

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from catalog.products.models import DataProduct
from catalog.products.selectors import product_by_fqn
from catalog.quality import services
from catalog.quality.formats.badge import badge as badge_svg
from catalog.quality.selectors import is_stale, shared_product
from catalog.quality.signing import link_in

MAX_AGE_S = 300


@require_safe
def badge(request: HttpRequest, fqn: str) -> HttpResponse:
    """The badge of a product that the reader may see."""
    product = product_by_fqn(request.actor, fqn)  # type: ignore[attr-defined]
    return _picture(request, product, "private")


@require_safe
def shared(request: HttpRequest, signed: str) -> HttpResponse:
    """The badge at an address that owners gave away; open to visitors.

    What we have not signed is refused before the database is asked, and answers as what was taken
    back and what does not exist: in the same words.
    """
    link_id = link_in(signed)
    product = None if link_id is None else shared_product(link_id)
    if product is None:
        return HttpResponse("There is no such badge.\n", status=404, content_type="text/plain")
    return _picture(request, product, "public")


@require_POST
def share(request: HttpRequest, fqn: str) -> HttpResponse:
    """Make the address, or take it back (`do=revoke`)."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    if request.POST.get("do") == "revoke":
        services.revoke_badge(product=product, actor=actor)
        messages.success(request, "The address shows nothing any more.")
    else:
        services.share_badge(product=product, actor=actor)
        messages.success(request, "Everybody who has the address sees the score now.")
    return redirect(f"{product.get_absolute_url()}?tab=quality#badge")


def _picture(request: HttpRequest, product: DataProduct, who: str) -> HttpResponse:
    """The SVG, or 304 where the reader has it already."""
    text = badge_svg(product.quality_score, stale=is_stale(product))
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    known = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
    response = (
        HttpResponse(status=304)
        if tag in known or f"W/{tag}" in known
        else HttpResponse(text, content_type="image/svg+xml")
    )
    response["ETag"] = tag
    response["Cache-Control"] = f"{who}, max-age={MAX_AGE_S}"
    return response
