"""Events between rooms, on the real database."""

import pytest
from django.db import connection

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


def test_a_queue_that_the_database_did_not_expect_is_claimed_at_once(heard):
    events = (outbox.EventData("test.happened", n, {"n": n}) for n in range(4_000))
    outbox.emit_many(events)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1s'")

    assert outbox.drain(limit=2) == 2
    assert heard == [0, 1]


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


@pytest.fixture
def heard_together(monkeypatch):
    """The keys that each call of a handler of many events got; it refuses the key `broken`."""
    calls = []

    def listen(events):
        calls.append([event.key for event in events])
        if "broken" in calls[-1]:
            raise RuntimeError("not today")

    monkeypatch.setattr(outbox, "_handlers", outbox.defaultdict(list))
    monkeypatch.setattr(outbox, "_many_handlers", outbox.defaultdict(list))
    outbox.subscribe_many("test.happened", listen)
    return calls


def test_events_of_a_topic_are_handled_together_but_one_of_each_key(heard_together):
    for key in ["a", "b", "a"]:
        outbox.emit("test.happened", key=key)
    outbox.emit("test.other", key="c")

    assert outbox.drain() == 4
    assert heard_together == [["a", "b"], ["a"]]
    assert not OutboxEvent.objects.filter(handled_at=None).exists()


def test_one_that_fails_among_many_does_not_hold_back_the_others(heard_together):
    for key in ["a", "broken", "b"]:
        outbox.emit("test.happened", key=key)

    outbox.drain()

    assert heard_together == [["a", "broken", "b"], ["a"], ["broken"], ["b"]]
    waiting = OutboxEvent.objects.get(handled_at=None)
    assert (waiting.key, waiting.attempts) == ("broken", 1)


def test_no_more_events_are_taken_than_were_asked_for(heard_together):
    for key in ["a", "b", "c"]:
        outbox.emit("test.happened", key=key)

    assert outbox.drain(limit=2) == 2
    assert heard_together == [["a", "b"]]
