"""Texts, tags and names of a product: how long, and which characters."""

import pytest

from accounts.actors import system_actor
from catalog.products import services
from core.errors import Invalid
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "pointer", "code"),
    [
        ({"purpose": "x" * 20_001}, "/purpose", "too-long"),
        ({"description": "x" * 100_001}, "/description", "too-long"),
        ({"name": "Orders\u202e"}, "/name", "unsafe-name"),
        ({"tags": ["t" * 101]}, "/tags/0", "too-long"),
        ({"tags": ["a\nb"]}, "/tags/0", "unsafe-name"),
    ],
)
def test_texts_that_are_too_long_or_not_visible_are_refused(values, pointer, code):
    product = ProductFactory(purpose="All orders")

    with pytest.raises(Invalid) as refusal:
        services.edit_product(product=product, values=values, actor=system_actor())

    assert [(each.pointer, each.code) for each in refusal.value.problems] == [(pointer, code)]
    product.refresh_from_db()
    assert product.purpose == "All orders"
