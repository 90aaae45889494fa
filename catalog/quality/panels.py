"""Quality on the product page."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from catalog.products.models import DataProduct
from catalog.quality.selectors import quality_of


def product_quality(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Quality tab: the score, why this score, dimensions, trend, checks."""
    quality = quality_of(product, days=90)
    passed = sum(check.outcome == "pass" for check in quality.checks)
    context = {"product": product, "quality": quality, "passed": passed}
    return render_to_string("catalog/quality/_product_quality.html", context, request)
