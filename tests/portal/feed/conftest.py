from collections.abc import Iterator

import pytest

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import DataProduct
from catalog.products.states import ProductStatus
from portal.feed.models import Webhook
from portal.feed.services import fan_out
from tests.factories import ProductFactory, TeamFactory, actor_for, member_of
from tests.portal.feed.hooks import added
from tests.portal.feed.receiver import EventReceiver


@pytest.fixture
def receiver(settings) -> Iterator[EventReceiver]:
    found = EventReceiver()
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.wait.set()
    found.close()


@pytest.fixture
def team() -> Team:
    return TeamFactory(slug="sales-data", name="Sales Data")


@pytest.fixture
def owner(team: Team) -> Actor:
    return actor_for(member_of(team, username="olga"))


@pytest.fixture
def product(team: Team) -> DataProduct:
    return ProductFactory(owner=team, slug="orders", status=ProductStatus.ACTIVE)


@pytest.fixture
def hook(team, owner, receiver) -> Webhook:
    fan_out()  # the feed's reader stands where the feed is
    return added(team, owner, receiver)
