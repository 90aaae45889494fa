"""Products that read each other, rules that break, and pages as text."""

import datetime as dt
from itertools import pairwise

from django.utils import timezone

from catalog.lineage.models import ProductEdge
from catalog.quality.models import QualityCheck
from catalog.quality.services import ResultData, record_results
from tests.factories import PortFactory, ProductFactory

HOUR = dt.timedelta(hours=1)


def make(name, team=None, **given):
    given |= {"owner": team} if team else {}
    return PortFactory(product=ProductFactory(name=name, slug=name.lower(), **given)).product


def flows(*products):
    for source, target in pairwise(products):
        ProductEdge.objects.create(source=source, target=target, origin="declared")


def breaks(product, name="no gaps", ago=HOUR):
    check, _ = QualityCheck.objects.get_or_create(
        port=product.output_ports.get(), key=name, defaults={"name": name}
    )
    result = ResultData(check.pk, "fail", timezone.now() - ago, 100, 4)
    record_results(results=[result], source="test")
    return check


def mends(check):
    record_results(results=[ResultData(check.pk, "pass", timezone.now())], source="test")


def text_of(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status, response.content
    return response.content.decode()
