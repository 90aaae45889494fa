"""The quality of a domain: its products by dimension, the mean, the weights."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from catalog.products.models import DataProduct
from catalog.quality.models import DimensionWeight
from catalog.quality.services import (
    add_up_days,
)
from core import outbox
from tests.catalog.quality.telling import say, signed_in
from tests.factories import (
    DomainFactory,
    ProductFactory,
    member_of,
)

pytestmark = pytest.mark.django_db


def test_a_domain_shows_its_products_by_dimension_the_worst_first(reader, port, checks, team):
    say(checks["no gaps"], "fail", failed=40)
    say(checks["fresh"])
    below = DomainFactory(path="sales.emea", name="EMEA", parent=team.domain)
    ProductFactory(owner=team, domain=below, name="Perfect", quality_score=100)
    ProductFactory(owner=team, name="Unmeasured")
    ProductFactory(owner=team, name="Hidden", visibility="restricted", quality_score=1)
    ProductFactory(name="Elsewhere", quality_score=1)

    page = reader.get("/domains/sales/quality/").content.decode()

    names = re.findall(r'\?tab=quality">([^<]+)</a><div class="hint">', page)
    assert names == ["orders", "Perfect", "Unmeasured"]
    rows = f"{port.product.get_absolute_url()}?tab=quality&amp;dimension="
    for name, tone, score in (("Completeness", "bad", 60), ("Timeliness", "ok", 100)):
        cell = f'<a class="badge bare {tone}" href="{rows}{name.lower()}#checks">{score}</a>'
        assert f'<td class="num" data-l="{name}">{cell}' in page
    assert '<span class="sr">not measured</span>' in page


def test_the_mean_of_a_domain_has_a_trend(reader, port, team):
    below = ProductFactory(owner=team, domain=DomainFactory(path="sales.emea", parent=team.domain))
    today = timezone.now().date()
    for ago, scores in ((2, (80, 60)), (1, (90, 70))):
        for product, score in zip((port.product, below), scores, strict=True):
            product.score_snapshots.create(
                day=today - dt.timedelta(days=ago), score=score, coverage=1
            )
    add_up_days(since=today - dt.timedelta(days=5))

    page = reader.get("/domains/sales/quality/").content.decode()

    assert "Score in the last 90 days, between 70 and 80" in page


def test_owners_of_a_domain_weigh_by_a_form(team, port, checks):
    say(checks["no gaps"])
    say(checks["fresh"], "fail", failed=100)
    owner = signed_in(member_of(team.domain.owner))
    typed = dict.fromkeys(
        ["accuracy", "completeness", "conformity", "consistency", "coverage", "uniqueness"], "1"
    )

    refused = owner.post("/domains/sales/quality/weights/", {**typed, "timeliness": "much"})
    saved = owner.post("/domains/sales/quality/weights/", {**typed, "timeliness": "3"})
    while outbox.drain():
        pass

    assert refused.status_code == 422
    assert "A weight is a number from 0 to 100." in refused.content.decode()
    assert 'value="much"' in refused.content.decode()
    assert saved.status_code == 302
    assert DataProduct.objects.get().quality_score == 25
    page = owner.get("/domains/sales/quality/").content.decode()
    assert "as Sales says" in page
    owner.post("/domains/sales/quality/weights/", {"do": "inherit"})
    assert not DimensionWeight.objects.exists()
