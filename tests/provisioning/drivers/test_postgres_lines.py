"""A line to a warehouse that dies without a word."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from provisioning.drivers.postgres import session
from provisioning.drivers.postgres.session import Warehouse, connected, looking, value
from provisioning.drivers.protocol import TemporaryError
from tests.chaos.proxy import Proxy


@pytest.fixture
def proxy(warehouse_url: str) -> Iterator[Proxy]:
    found = Proxy(urlsplit(warehouse_url).port or 5432)
    yield found
    found.mood = "reset"
    found.close()


@pytest.fixture
def warehouse(warehouse_url: str, proxy: Proxy) -> Warehouse:
    parts = urlsplit(warehouse_url)
    who = parts.netloc.rpartition("@")[0]
    return Warehouse(urlunsplit(parts._replace(netloc=f"{who}@127.0.0.1:{proxy.port}")))


@pytest.mark.parametrize("opened", [looking, connected], ids=lambda opened: opened.__name__)
def test_who_waits_for_an_answer_gives_up(opened, proxy, warehouse, monkeypatch):
    monkeypatch.setattr(session, "LOOK_S", 1.0)
    monkeypatch.setattr(session.Connection, "answer_s", 1.0)
    started = time.monotonic()

    def ask() -> None:
        with opened(warehouse) as conn:
            assert value(conn, "SELECT 1") == 1
            proxy.mood = "blackhole"
            value(conn, "SELECT 2")

    with pytest.raises(TemporaryError, match="cannot be reached"):
        ask()

    assert time.monotonic() - started > 1.0


def test_a_statement_that_takes_its_time_is_waited_for(warehouse):
    with looking(warehouse) as conn:
        assert value(conn, "SELECT 1 FROM pg_sleep(1.2)") == 1
