from collections.abc import Iterator

import pytest

from tests.portal.feed.receiver import EventReceiver


@pytest.fixture
def receiver(settings) -> Iterator[EventReceiver]:
    found = EventReceiver()
    settings.OUTBOUND_HTTP = True
    settings.OUTBOUND_INNER_HOSTS = [found.place]
    yield found
    found.wait.set()
    found.close()
