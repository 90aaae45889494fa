"""Asking for a measurement now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.products.models import DataProduct
from catalog.quality import services


@require_POST
def run_checks(request: HttpRequest, fqn: str) -> HttpResponse:
    """Make all runnable checks of a product due at once; workers take them within seconds."""
    actor = request.actor  # type: ignore[attr-defined]
    product = get_object_or_404(DataProduct.objects.visible_to(actor), fqn=fqn)
    due = services.run_now(product=product, actor=actor)
    if due:
        messages.info(request, "The checks run now. The score follows in a few seconds.")
    else:
        messages.warning(request, "No rule of this product can be run by the portal.")
    return redirect(reverse("products:product", kwargs={"fqn": fqn}) + "?tab=quality")
