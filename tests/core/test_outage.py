"""Requests while the database is away; with a real one, `tests/chaos/test_recovery.py`."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from psycopg import errors
from psycopg_pool import PoolTimeout

from core import outage as module
from core.outage import Outage


def raised(cause: Exception) -> OperationalError:
    try:
        raise OperationalError("no") from cause
    except OperationalError as error:
        return error


@pytest.fixture
def away(monkeypatch) -> Outage:
    """An outage that was just noticed."""
    found = Outage()
    found.notice(raised(PoolTimeout()))
    return found


def test_nobody_is_turned_away_without_an_outage():
    assert not Outage().turns_away()


def test_an_error_of_one_statement_is_no_outage():
    found = Outage()

    found.notice(raised(errors.QueryCanceled("too slow")))

    assert not found.turns_away()


def test_who_comes_after_the_one_that_waited_in_vain_is_turned_away(away):
    assert [away.turns_away() for _ in range(3)] == [True] * 3


def test_now_and_then_one_goes_through_and_tries(away, monkeypatch):
    now = module.time.monotonic() + 2 * module.TRY_EVERY_S
    monkeypatch.setattr(module.time, "monotonic", lambda: now)

    assert [away.turns_away() for _ in range(3)] == [False, True, True]


def test_it_is_over_for_all_once_one_has_a_connection(away):
    away.over()

    assert not away.turns_away()


@pytest.mark.parametrize(
    ("path", "status"), [("/", 503), ("/api/v1/products", 503), ("/livez", 200)]
)
def test_what_needs_the_database_answers_when_to_come_back(client, monkeypatch, away, path, status):
    monkeypatch.setattr("core.middleware.outage", away)

    answer = client.get(path)

    assert answer.status_code == status
    assert answer.get("Retry-After") == ("3" if status == 503 else None)
    if path.startswith("/api/"):
        assert answer.json()["type"] == "/problems/unavailable"
