"""Two writers of one product at one moment, each with a connection of its own."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.db import connection, transaction

from accounts.actors import system_actor
from catalog.products import services
from catalog.products.models import DataProduct
from catalog.products.services import ProductData, RevisionDiffers
from core.errors import Conflict, Invalid
from tests.factories import TeamFactory

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = system_actor()
WAIT_S = 20


@pytest.fixture
def data() -> ProductData:
    team = TeamFactory()
    return ProductData(document_id="orders", name="Orders", domain=team.domain, owner=team)


def together(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """What both gave or raised: `second` begins while the transaction of `first` is open."""
    written, go_on = threading.Event(), threading.Event()
    results: list[object] = [None, None]

    def one() -> None:
        try:
            with transaction.atomic():
                results[0] = first()
                written.set()
                go_on.wait(WAIT_S)
        except Exception as error:  # noqa: BLE001 - it is what the test asks for
            results[0] = error
        finally:
            written.set()
            connection.close()

    def two() -> None:
        written.wait(WAIT_S)
        try:
            results[1] = second()
        except Exception as error:  # noqa: BLE001 - it is what the test asks for
            results[1] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (one, two)]
    for thread in threads:
        thread.start()
    written.wait(WAIT_S)
    _until_somebody_waits()
    go_on.set()
    for thread in threads:
        thread.join(WAIT_S)
    return results


def _until_somebody_waits() -> None:
    """Return when the second writer waits for a lock of the first."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                return
        pause.wait(0.05)
    pytest.fail("The second writer did not wait for the first.")


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
