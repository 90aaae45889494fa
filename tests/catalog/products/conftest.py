"""A product as it is handed in, and what came of it."""

import pytest

from accounts.actors import system_actor
from catalog.products import services
from catalog.products.services import ProductData
from tests.factories import TeamFactory


@pytest.fixture
def data() -> ProductData:
    team = TeamFactory()
    return ProductData(
        document_id="orders", name="Orders", domain=team.domain, owner=team, purpose="All orders"
    )


def put(data, actor=None, **values):
    return services.put_product(data=data, actor=actor or system_actor(), **values)


def codes(refusal) -> list[str]:
    return [problem.code for problem in refusal.value.problems]
