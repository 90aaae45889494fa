"""The sweeper: nudges, schedules, checks, events; and a broker that is not there."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from core import outbox
from core.models import IdempotencyKey, OutboxEvent
from provisioning.jobs import extensions
from provisioning.jobs.extensions import CatchUp
from provisioning.jobs.models import Operation, ScheduleTick
from provisioning.jobs.services.leases import claim_next
from provisioning.jobs.services.nudging import nudge_unnoticed
from provisioning.jobs.services.sweeping import sweep, tidy
from tests.provisioning.jobs.processes import DEAD_BROKER, Process, sweeper, until

SILENCE = """
import django, time, uuid
django.setup()
from provisioning.jobs import dispatch
for _ in range(2):
    started = time.monotonic()
    assert not dispatch.wake(uuid.uuid4())
    print(time.monotonic() - started)
"""
THREAD_PROGRAM = """
import django, threading, uuid
django.setup()
from provisioning.jobs import dispatch
threading.Thread(target=lambda: print(dispatch.wake(uuid.uuid4()))).start()
"""


def waking(broker_url: str, program: str = SILENCE) -> Process:
    return Process("-c", program, CELERY_BROKER_URL=broker_url)


def measured(sender: Process) -> list[float]:
    return [float(line) for line in sender.output().splitlines()]


@contextmanager
def refusing_nudges(code: str) -> Iterator[None]:
    """The ledger fails with this SQLSTATE when it is told that a message was sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'away' USING ERRCODE = '{code}'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE OF nudged_at ON jobs_operation"
            " FOR EACH ROW EXECUTE FUNCTION pg_temp_refuse()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION pg_temp_refuse CASCADE")


@pytest.mark.parametrize("code", ["57P01", "P0001"])
def test_what_was_committed_stays_accepted_when_the_ledger_fails_right_after(
    accepted, settings, broker_url, code
):
    settings.CELERY_BROKER_URL = broker_url
    with refusing_nudges(code):
        operation = accepted("a")

    assert Operation.objects.get().pk == operation.pk
    assert Operation.objects.get().nudged_at is None


@contextmanager
def listening() -> Iterator[str]:
    """The address of a broker that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def schedule():
    ran = []
    extensions.periodic("test", 3600, lambda: ran.append(1))
    yield ran
    extensions._periodic.pop("test")


def test_what_nobody_took_is_nudged_and_then_left_alone_for_a_while(accepted):
    accepted("a")

    assert nudge_unnoticed() == 1
    assert nudge_unnoticed() == 0
    assert Operation.objects.get().nudges == 1


def test_what_a_worker_has_is_not_nudged(accepted):
    accepted("a")
    claim_next("worker")

    assert nudge_unnoticed() == 0


def test_a_tick_is_run_once_however_many_sweep(transactional_db, schedule, settings):
    settings.CELERY_BROKER_URL = ""

    sweep()
    sweep()

    assert schedule == [1]
    assert ScheduleTick.objects.filter(schedule="test").count() == 1


def test_a_schedule_that_fails_does_not_stop_the_others(transactional_db, schedule, settings):
    settings.CELERY_BROKER_URL = ""
    extensions._periodic = {
        "bad": extensions.Periodic("bad", 3600, lambda: 1 / 0),
        **extensions._periodic,
    }

    sweep()

    extensions._periodic.pop("bad")
    assert schedule == [1]


@pytest.mark.parametrize(
    ("catch_up", "most", "runs"),
    [(CatchUp.ONCE, 1, 1), (CatchUp.ALL, 3, 3), (CatchUp.ALL, 9, 5), (CatchUp.SKIP, 1, 0)],
)
def test_missed_ticks_are_made_up_for_as_the_schedule_says(
    transactional_db, schedule, settings, catch_up, most, runs
):
    settings.CELERY_BROKER_URL = ""
    span = dt.timedelta(days=36_500)  # so that it is late: we live in the first span, at 57 %
    ran: list[int] = []
    extensions.periodic(
        "test", int(span.total_seconds()), lambda: ran.append(1), catch_up=catch_up, most=most
    )
    present = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    ScheduleTick.objects.create(schedule="test", tick_at=present - 5 * span)

    sweep()
    sweep()

    assert len(ran) == runs
    assert ScheduleTick.objects.filter(schedule="test", tick_at=present).count() == 1


def test_who_never_ran_has_missed_nothing(transactional_db, schedule, settings):
    settings.CELERY_BROKER_URL = ""
    ran: list[int] = []
    extensions.periodic("test", 3600, lambda: ran.append(1), catch_up=CatchUp.ALL, most=9)

    sweep()

    assert ran == [1]


def test_a_tick_whose_function_breaks_off_is_left_to_the_next_sweeper(
    transactional_db, schedule, settings
):
    settings.CELERY_BROKER_URL = ""
    faults = [OperationalError("away")]

    def work() -> None:
        if faults:
            raise faults.pop()
        schedule.append(1)

    extensions.periodic("test", 3600, work)

    with pytest.raises(OperationalError):
        sweep()
    assert schedule == []
    sweep()

    assert schedule == [1]


def test_the_command_sweeps_once_and_hands_out_events(transactional_db, settings):
    settings.CELERY_BROKER_URL = ""
    outbox.emit("nobody.listens", key="x")

    call_command("sweep", once=True)

    assert OutboxEvent.objects.get(topic="nobody.listens").handled_at


def test_what_is_too_old_is_tidied_away(transactional_db):
    IdempotencyKey.objects.create(actor="a", route="r", key="k", body_sha256="0" * 64)
    ScheduleTick.objects.create(schedule="s", tick_at="2020-01-01T00:00Z")
    ScheduleTick.objects.create(schedule="s", tick_at="2020-01-02T00:00Z")
    IdempotencyKey.objects.update(created_at="2020-01-01T00:00Z")
    ScheduleTick.objects.update(taken_at="2020-01-01T00:00Z")

    tidy()

    assert not IdempotencyKey.objects.exists()
    assert [each.tick_at.day for each in ScheduleTick.objects.all()] == [2]  # the last one stays


def test_a_dead_broker_costs_little_and_is_left_alone_for_a_while(transactional_db):
    with listening() as silent_broker, waking(DEAD_BROKER) as dead, waking(silent_broker) as silent:
        for seconds in (measured(dead), measured(silent)):
            assert seconds[0] < 4  # with imports; there are two cores for three processes
            assert seconds[1] < 0.1


def test_messages_of_a_web_thread_go_to_the_broker(transactional_db, broker_url):
    with waking(broker_url, THREAD_PROGRAM) as sender:
        assert sender.output() == "True"


def test_a_running_sweeper_ends_when_it_is_asked(transactional_db):
    with sweeper() as running:
        until(lambda: ScheduleTick.objects.exists())
        running.terminate()

        assert running.wait(10) == 0
