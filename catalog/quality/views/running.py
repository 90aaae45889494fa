"""Asking for a measurement now."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from catalog.products.models import DataProduct
from catalog.products.selectors import product_by_fqn
from catalog.quality import services
from catalog.quality.selectors import check_by_id
from core.errors import Invalid

ALREADY = "is at work, or gave its result a moment ago."


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
    return redirect(_tab(product))


@require_POST
def run_check(request: HttpRequest, fqn: str, check_id: int) -> HttpResponse:
    """Make one check due at once; `back=tab` leads to the Quality tab, else it is its own page."""
    actor = request.actor  # type: ignore[attr-defined]
    product = product_by_fqn(actor, fqn)
    check = check_by_id(product, check_id)
    try:
        is_new = services.run_check_now(check=check, actor=actor)
    except Invalid as error:
        messages.warning(request, str(error))
    else:
        said = "runs now. The result follows in a few seconds." if is_new else ALREADY
        messages.info(request, f"“{check.name}” {said}")
    if request.POST.get("back") == "tab":
        return redirect(f"{_tab(product)}#checks")
    return redirect("quality:check", product.fqn, check.pk)


def _tab(product: DataProduct) -> str:
    return reverse("products:product", kwargs={"fqn": product.fqn}) + "?tab=quality"
