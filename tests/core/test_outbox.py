"""Events between rooms, on the real database."""

import pytest

from core import outbox
from core.models import OutboxEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """What a subscriber of topic `test.happened` heard; it fails while `broken` is set."""
    seen = []

    def listen(event):
        if seen.broken_key == event.key:
            raise RuntimeError("not today")
        seen.append(event.payload["n"])

    class Seen(list):
        broken_key = None

    seen = Seen()
    monkeypatch.setattr(outbox, "_handlers", outbox.defaultdict(list))
    outbox.subscribe("test.happened", listen)
    return seen


def test_an_event_is_handled_once(heard):
    outbox.emit("test.happened", key="a", n=1)

    assert outbox.drain() == 1
    assert outbox.drain() == 0
    assert heard == [1]


def test_a_failed_event_waits_and_holds_back_later_ones_of_its_key_only(heard):
    heard.broken_key = "a"
    for n, key in enumerate(["a", "a", "b"]):
        outbox.emit("test.happened", key=key, n=n)

    outbox.drain()

    assert heard == [2]
    first, second = OutboxEvent.objects.filter(key="a").order_by("id")
    assert first.attempts == 1
    assert "not today" in first.last_error
    assert first.next_at > first.created_at
    assert second.attempts == 0


def test_after_the_last_attempt_an_event_is_dead_and_the_key_goes_on(heard):
    heard.broken_key = "a"
    outbox.emit("test.happened", key="a", n=1)
    OutboxEvent.objects.update(attempts=outbox.MAX_ATTEMPTS - 1)
    outbox.drain()
    assert OutboxEvent.objects.get().dead_at is not None

    heard.broken_key = None
    outbox.emit("test.happened", key="a", n=2)
    outbox.drain()

    assert heard == [2]


def test_what_a_failed_handler_wrote_is_undone(monkeypatch):
    def write_and_fail(event):
        outbox.emit("test.follow-up", key="x")
        raise RuntimeError

    monkeypatch.setattr(outbox, "_handlers", outbox.defaultdict(list))
    outbox.subscribe("test.happened", write_and_fail)
    outbox.emit("test.happened", key="a")

    outbox.drain(limit=1)

    assert not OutboxEvent.objects.filter(topic="test.follow-up").exists()
