"""What is in the audit log is sealed once, in an order, and whatever is changed shows."""

from __future__ import annotations

import hashlib
import json
import threading
from random import Random

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from structlog.contextvars import bound_contextvars

from core import audit, sealing
from core.models import AuditEvent, AuditSeal
from core.sealing import FIELDS, FIRST, hash_of, seal, seal_and_anchor
from core.verifying import verify
from tests.core import tampering
from tests.provisioning.jobs.processes import Process, database_url

EVENTS = 24
DIES = """
import django, os
django.setup()
from django.db import transaction
from core.sealing import seal
with transaction.atomic():
    assert seal()
    os.kill(os.getpid(), 9)
"""


def happen(n: int = EVENTS) -> None:
    detail = {"n": 2**53, "deep": {"text": "one"}}
    with bound_contextvars(request_id="r1"):
        audit.record_many(
            audit.AuditData("owner", "product.published", "product", f"sales.p{i}", detail)
            for i in range(n)
        )


@pytest.fixture
def anchored(settings, tmp_path, django_capture_on_commit_callbacks):
    """Sealed events of two hours ago, and their head outside of the database."""
    settings.DATA_DIR = tmp_path
    happen()
    tampering.sql("UPDATE core_auditevent SET at = at - interval '2 hours'")
    with django_capture_on_commit_callbacks(execute=True):
        seal_and_anchor()
    return sealing.anchors()


def order() -> list[int]:
    return list(AuditSeal.objects.order_by("n").values_list("seq", flat=True))


def test_a_hash_is_over_the_canonical_json_of_the_event():
    text = "".join(map(chr, range(1, 0x20))) + '"\\/é\x7f\u2028\ue000😀'
    event = (2**53 - 1, "2026-11-26T03:00:00.5", text, "v", "k", "o", '{"a": 1.00}', "")

    members = sorted(zip(FIELDS, event, strict=True))  # names are ASCII: UTF-16 sorts them alike
    short = dict(zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True))

    def written(value: object) -> str:  # RFC 8785, section 3.2.2
        if isinstance(value, int):
            return str(value)
        marks = (
            f"\\{short[c]}" if c in short else f"\\u{ord(c):04x}" if c < " " else c
            for c in str(value)
        )
        return f'"{"".join(marks)}"'

    canonical = "{" + ",".join(f"{written(name)}:{written(value)}" for name, value in members) + "}"
    assert json.loads(canonical)["actor"] == text
    assert hash_of(FIRST, event) == hashlib.sha256(FIRST + canonical.encode()).digest()


@pytest.mark.django_db
def test_each_event_is_sealed_once_and_in_order(tmp_path):
    happen(3)
    assert seal() == 3
    happen(2)
    assert (seal(), seal()) == (2, 0)

    found = verify(tmp_path / "none")

    assert order() == tampering.ids()
    assert (found.sealed, found.waiting, found.faults) == (5, 0, [])


@pytest.mark.django_db
def test_a_pass_ends_where_it_may_and_the_next_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(sealing, "MOST", 2 * sealing.BATCH)
    happen(2 * sealing.BATCH + 10)

    assert (seal(), seal(), seal()) == (2 * sealing.BATCH, 10, 0)
    assert verify(tmp_path / "none").faults == []


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_comes_later_and_is_not_left_out(tmp_path):
    with psycopg.connect(database_url()) as other:
        (late,) = other.execute(
            "INSERT INTO core_auditevent (actor, verb, object_kind, object_id, detail, request_id)"
            " VALUES ('a', 'v', 'k', 'o', '{}', '') RETURNING id"
        ).fetchone()
        happen(2)
        assert seal() == 2
    assert seal() == 1

    assert order() == [*(each for each in tampering.ids() if each != late), late]
    assert verify(tmp_path / "none").faults == []


@pytest.mark.django_db
def test_what_commits_very_late_is_sealed_within_the_hour(anchored):
    happen(1)
    seal()
    last = tampering.ids()[-1]
    for table, number in (("core_auditseal", "seq"), ("core_auditevent", "id")):
        higher = f"UPDATE {table} SET {number} = {number} + %s WHERE {number} = %s"
        tampering.sql(higher, sealing.LATE, last)
    tampering.sql(tampering.COPIED.format(tampering.CONTENT), -1, tampering.ids()[0])

    assert seal() == 0
    seal_and_anchor()

    assert order()[-1] == -1


@pytest.mark.django_db(transaction=True)
def test_sealers_at_once_make_one_chain(tmp_path):
    done = threading.Event()

    def write() -> None:
        for _ in range(40):
            happen(3)
        connection.close()

    def work() -> None:
        while not done.is_set():
            seal()
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(3)]
    sealers = [threading.Thread(target=work) for _ in range(3)]
    for each in (*writers, *sealers):
        each.start()
    for each in writers:
        each.join()
    done.set()
    for each in sealers:
        each.join()
    seal()

    found = verify(tmp_path / "none")
    assert (found.sealed, found.waiting, found.faults) == (360, 0, [])


@pytest.mark.django_db(transaction=True)
def test_where_one_seals_another_does_not_wait():
    happen()
    with psycopg.connect(database_url()) as other:
        other.execute(sealing.ALONE)
        assert seal() == 0
    assert seal() == EVENTS


@pytest.mark.django_db(transaction=True)
def test_another_goes_on_after_a_sealer_that_died(tmp_path):
    happen(2)
    seal()
    happen()
    with Process("-c", DIES) as sealer:
        assert sealer.wait(60) == -9

    assert order() == tampering.ids()[:2]
    assert seal() == EVENTS
    assert verify(tmp_path / "none").faults == []


@pytest.mark.django_db
@pytest.mark.parametrize("change", tampering.WITHIN + tampering.OUTSIDE, ids=lambda f: f.__name__)
def test_every_tampering_is_found(anchored, change):
    assert verify(anchored).faults == []

    for number in range(63):  # of 16 kinds: more than a thousand
        with transaction.atomic():
            change(Random(f"{change.__name__} {number}"))
            assert verify(anchored).faults, f"{change.__name__} {number} is not found"
            transaction.set_rollback(True)

    assert verify(anchored).faults == []


@pytest.mark.django_db
@pytest.mark.parametrize("change", tampering.OUTSIDE, ids=lambda f: f.__name__)
def test_without_what_stands_outside_these_do_not_show(anchored, change, tmp_path):
    change(Random(0))

    assert verify(tmp_path / "none").faults == []


@pytest.mark.django_db
def test_the_command_names_the_first_broken_event(anchored, capsys):
    call_command("audit_verify", heads=anchored)
    assert f"{EVENTS} sealed" in capsys.readouterr().out
    fourth, ninth = tampering.ids()[3], tampering.ids()[8]
    tampering.sql("UPDATE core_auditevent SET actor = 'x' WHERE id IN (%s, %s)", ninth, fourth)

    with pytest.raises(CommandError, match=f"Event {fourth} at place 4 is not what was sealed"):
        call_command("audit_verify", heads=anchored)


@pytest.mark.django_db
@pytest.mark.parametrize("line", ["no json", "{}", '{"n": 3, "hash": "00"}'])
def test_a_file_of_heads_that_somebody_changed_is_found(anchored, line):
    with anchored.open("a") as file:
        file.write(line + "\n")

    assert verify(anchored).faults


@pytest.mark.django_db
def test_a_head_that_was_not_committed_is_not_told(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    happen()
    with transaction.atomic():
        seal_and_anchor()
        transaction.set_rollback(True)

    assert not sealing.anchors().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    ["UPDATE core_auditseal SET seq = 1", "DELETE FROM core_auditseal", "TRUNCATE core_auditseal"],
)
def test_nothing_changes_or_removes_a_seal(anchored, text):
    tampering.sql("ALTER TABLE core_auditseal ENABLE TRIGGER audit_append_only")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        tampering.sql(text)

    assert AuditEvent.objects.count() == AuditSeal.objects.count() == EVENTS
