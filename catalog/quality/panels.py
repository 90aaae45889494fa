"""Quality on the product page."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from catalog.products.models import DataProduct
from catalog.products.policies import can_change_product
from catalog.quality.selectors import quality_of
from catalog.quality.trend import trend

TREND_DAYS = 90


def product_quality(request: HttpRequest, product: DataProduct) -> SafeString:
    """The Quality tab: the score, why this score, dimensions, trend, checks."""
    quality = quality_of(product, days=TREND_DAYS)
    points = [(each.day, each.score) for each in quality.trend]
    today = timezone.now().date()
    context = {
        "product": product,
        "quality": quality,
        "passed": sum(check.outcome == "pass" for check in quality.checks),
        "can_run": can_change_product(request.actor, product),  # type: ignore[attr-defined]
        "trend": trend(points, days=TREND_DAYS, today=today),
    }
    return render_to_string("catalog/quality/_product_quality.html", context, request)
