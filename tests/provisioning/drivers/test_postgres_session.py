"""A thread keeps its last connection: as if it were new, and never one that went wrong."""

import os
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from provisioning.drivers.postgres import session
from provisioning.drivers.postgres.session import Warehouse, connected, looking
from provisioning.drivers.protocol import PermanentError, TemporaryError


def backend(warehouse: Warehouse) -> int:
    with connected(warehouse) as conn:
        return conn.info.backend_pid


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    return Warehouse(warehouse_url)


def test_one_thread_uses_one_connection_and_another_thread_its_own(warehouse: Warehouse) -> None:
    mine = {backend(warehouse) for _ in range(3)}

    with ThreadPoolExecutor(1) as pool:
        theirs = set(pool.map(backend, [warehouse] * 3))

    assert len(mine) == len(theirs) == 1
    assert mine != theirs


def test_two_at_once_are_two(warehouse: Warehouse) -> None:
    with connected(warehouse) as one, connected(warehouse) as other:
        both = {one.info.backend_pid, other.info.backend_pid}

    assert len(both) == 2
    assert backend(warehouse) in both


def test_nothing_of_a_session_is_left_for_the_next(warehouse: Warehouse) -> None:
    with connected(warehouse) as conn:
        before = conn.execute("SHOW search_path").fetchone()
        conn.execute("SELECT set_config('search_path', 'public', false)")
        conn.execute("CREATE TEMPORARY TABLE mine (id int)")
        pid = conn.info.backend_pid

    with connected(warehouse) as conn:
        assert conn.info.backend_pid == pid
        assert conn.execute("SHOW search_path").fetchone() == before
        assert conn.execute("SELECT to_regclass('pg_temp.mine')").fetchone() == (None,)
    with looking(warehouse) as conn:  # a transaction that must begin anew
        assert conn.info.backend_pid == pid
        assert conn.execute("SHOW transaction_read_only").fetchone() == ("on",)
    with connected(warehouse) as conn:
        assert conn.execute("SHOW transaction_read_only").fetchone() == ("off",)


def test_what_went_wrong_is_not_kept_and_nothing_of_it_stays(warehouse: Warehouse) -> None:
    first = backend(warehouse)

    def go_wrong() -> None:
        with connected(warehouse) as conn:
            conn.execute("CREATE SCHEMA half_way")
            conn.execute("SELECT nonsense")

    with pytest.raises(PermanentError):
        go_wrong()

    with connected(warehouse) as conn:
        assert conn.info.backend_pid != first
        assert conn.execute("SELECT to_regnamespace('half_way')").fetchone() == (None,)


def test_one_that_the_server_has_ended_is_replaced_unseen(
    warehouse: Warehouse, warehouse_url: str
) -> None:
    first = backend(warehouse)
    with psycopg.connect(warehouse_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])

    assert backend(warehouse) not in {0, first}


def test_one_that_was_idle_for_long_is_replaced(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backend(warehouse)
    monkeypatch.setattr(session, "KEEP_S", 0.0)

    assert backend(warehouse) != first


def test_a_forked_process_takes_one_of_its_own(warehouse: Warehouse) -> None:
    first = backend(warehouse)
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, str(backend(warehouse)).encode())
        os._exit(0)
    os.waitpid(child, 0)

    assert int(os.read(read_end, 20)) != first
    assert backend(warehouse) == first  # the child has not said goodbye on our line


def test_a_place_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(TemporaryError), connected(Warehouse("postgresql://127.0.0.1:1/none")):
        raise AssertionError("there is nothing")


def test_a_limit_of_the_server_is_told_with_a_way_out(warehouse: Warehouse) -> None:
    """PostgreSQL keeps a table's rights in one row of its catalogue; it answers with this state."""
    with (
        pytest.raises(PermanentError, match="as many rights on a table as it can"),
        connected(warehouse) as conn,
    ):
        conn.execute("SELECT repeat('xx', 1000000000)")
