"""Two writers of one product at one moment."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.actors import system_actor
from catalog.products import services
from catalog.products.models import DataProduct
from catalog.products.services import ProductData, RevisionDiffers
from core.errors import Conflict, Invalid
from tests.factories import TeamFactory
from tests.two_writers import together

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = system_actor()


@pytest.fixture
def data() -> ProductData:
    team = TeamFactory()
    return ProductData(document_id="orders", name="Orders", domain=team.domain, owner=team)


def edit(product: DataProduct, expected: int | None = None, **values: str) -> Callable[[], object]:
    return lambda: services.edit_product(
        product=product, values=values, actor=ACTOR, expected=expected
    )


def test_the_second_of_two_with_if_match_loses(data):
    product = services.put_product(data=data, actor=ACTOR).product

    first, second = together(edit(product, 1, purpose="First"), edit(product, 1, purpose="Second"))

    assert first.action == "update"
    assert isinstance(second, RevisionDiffers)
    assert second.status == 412
    assert second.context["current"] == {"purpose": "First"}
    product.refresh_from_db()
    assert (product.purpose, product.revision) == ("First", 2)


def test_two_without_come_one_after_the_other_and_nothing_is_lost(data):
    product = services.put_product(data=data, actor=ACTOR).product

    first, second = together(edit(product, purpose="First"), edit(product, usage="Second"))

    assert [first.action, second.action] == ["update", "update"]
    product.refresh_from_db()
    assert (product.purpose, product.usage, product.revision) == ("First", "Second", 3)
    numbers = product.revisions.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]


def test_of_two_that_make_one_id_the_second_gets_a_clear_conflict(data):
    def put(**values: str) -> Callable[[], object]:
        return lambda: services.put_product(data=replace(data, **values), actor=ACTOR)

    first, second = together(put(), put(name="Other"))

    assert first.action == "create"
    assert isinstance(second, Conflict | Invalid)
    assert "same moment" in str(second)
    assert DataProduct.objects.get().name == "Orders"
