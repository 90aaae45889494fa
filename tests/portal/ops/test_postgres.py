import os
import shutil
import signal
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from portal.ops import postgres_install
from portal.ops.errors import CannotRun
from portal.ops.postgres import Postgres, load_place
from portal.ops.postgres_cluster import buffers_mb
from portal.ops.postgres_roles import APP, OWNER, WAREHOUSE
from tests.portal.ops.conftest import remove_cluster
from tests.portal.ops.helpers import eventually, processes_naming, python

JOIN = """
import sys
from pathlib import Path
from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres, load_place

postgres = Postgres(DataDir(Path(sys.argv[1])), throwaway=True)
postgres.join()
cluster = Path(load_place(postgres.folder).cluster)
print((cluster / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
postgres.leave()
"""


def postmaster_pid(postgres):
    place = load_place(postgres.folder)
    return int((Path(place.cluster) / "postmaster.pid").read_text().split()[0])


def run_sql(url, *statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
    return cursor.fetchall() if cursor.description else []


@pytest.mark.smoke
def test_data_survives_a_stop_and_nothing_runs_in_between(data):
    first = Postgres(data)
    first.join()
    run_sql(first.url(OWNER), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")

    first.leave()

    cluster = load_place(data.postgres).cluster
    assert not processes_naming(cluster)
    assert not processes_naming(data.root)
    second = Postgres(data)
    second.join()
    assert run_sql(second.url(APP), "SELECT n FROM kept") == [(7,)]
    second.leave()


def test_processes_that_start_at_once_share_one_server(data):
    starters = [python(JOIN, data.root, stdin=-1) for _ in range(4)]

    pids = {starter.stdout.readline().strip() for starter in starters}

    assert len(pids) == 1
    assert pids != {""}
    assert len(processes_naming("portal.ops.postgres_keeper")) >= 1
    for starter in starters:
        starter.communicate("")
    assert [starter.returncode for starter in starters] == [0] * 4
    assert not processes_naming(load_place(data.postgres).cluster)


def test_the_server_stays_when_another_user_leaves(postgres):
    other = python(JOIN, postgres.data.root, stdin=-1)
    other.stdout.readline()

    other.communicate("")

    assert postgres.is_ready()


def test_a_killed_server_is_not_ready_and_comes_back_with_its_data(data):
    postgres = Postgres(data)
    postgres.join()
    run_sql(postgres.url(OWNER), "CREATE TABLE kept (n int)")
    killed = postmaster_pid(postgres)

    os.kill(killed, signal.SIGKILL)

    eventually(lambda: not postgres.is_ready() or postmaster_pid(postgres) != killed)
    eventually(postgres.is_ready)
    assert postmaster_pid(postgres) != killed
    assert run_sql(postgres.url(APP), "SELECT count(*) FROM kept") == [(0,)]
    postgres.leave()


def test_the_server_ends_when_its_only_user_is_killed(data):
    user = python(JOIN, data.root, stdin=-1)
    user.stdout.readline()

    user.kill()
    user.communicate()

    eventually(lambda: not processes_naming(load_place(data.postgres).cluster))
    eventually(lambda: not processes_naming(data.root))


def test_a_killed_keeper_takes_the_server_along_and_users_can_go_on(data):
    postgres = Postgres(data, throwaway=True)
    postgres.join()
    for keeper in processes_naming(data.root):
        keeper.kill()

    eventually(lambda: not postgres.is_ready())
    postgres.ensure()

    assert postgres.is_ready()
    postgres.leave()


def test_passwords_are_private_and_the_data_closed(postgres):
    files = [path for path in postgres.data.secrets.iterdir() if path.is_file()]
    cluster = Path(load_place(postgres.folder).cluster)

    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert "trust" not in (cluster / "pg_hba.conf").read_text()


def test_nobody_gets_in_without_a_password(postgres):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url(APP).replace(postgres.password(APP), "wrong"))


@pytest.mark.parametrize("database", ["portal", "postgres", "template1"])
def test_a_provisioned_role_reaches_the_warehouse_only(postgres, database):
    admin = postgres.url(WAREHOUSE, "warehouse")
    run_sql(admin, "DROP ROLE IF EXISTS dp_reader")
    run_sql(admin, "CREATE ROLE dp_reader LOGIN PASSWORD 'only-a-test'")
    by_socket = postgres.url(WAREHOUSE, database).replace(
        f"{WAREHOUSE}:{postgres.password(WAREHOUSE)}", "dp_reader:only-a-test"
    )
    port = urlsplit(by_socket).port
    by_tcp = f"postgresql://dp_reader:only-a-test@127.0.0.1:{port}/"

    assert run_sql(by_tcp + "warehouse", "SELECT current_database()") == [("warehouse",)]
    for url in (by_socket, by_tcp + database):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(url)


def test_provisioned_roles_have_no_right_of_their_own_to_connect(postgres):
    query = """SELECT datname, has_database_privilege('dp_plain', datname, 'CONNECT')
                      OR has_database_privilege('dp_plain', datname, 'TEMPORARY')
               FROM pg_database WHERE datname IN ('portal', 'postgres', 'template1')"""
    admin = postgres.url(WAREHOUSE, "warehouse")

    run_sql(admin, "CREATE ROLE dp_plain LOGIN")

    assert sorted(run_sql(admin, query)) == [
        ("portal", False),
        ("postgres", False),
        ("template1", False),
    ]


def test_the_applications_role_uses_the_owners_tables_and_owns_nothing(postgres):
    run_sql(postgres.url(OWNER), "CREATE TABLE thing (id serial PRIMARY KEY)")

    run_sql(postgres.url(APP), "INSERT INTO thing DEFAULT VALUES", "DELETE FROM thing")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run_sql(postgres.url(APP), "CREATE TABLE mine (n int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run_sql(postgres.url(APP), "TRUNCATE thing")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_under_root_the_server_is_an_unprivileged_users_even_in_a_closed_folder(postgres):
    assert stat.S_IMODE(postgres.data.root.parent.parent.stat().st_mode) == 0o700
    place = load_place(postgres.folder)

    server = [one for one in processes_naming(place.cluster) if one.name() == "postgres"]

    assert server
    assert all(one.uids().real != 0 for one in server)
    assert not place.cluster.startswith(str(postgres.data.root))
    assert Path(place.cluster).stat().st_uid == server[0].uids().real


def test_a_long_path_gets_a_short_socket(data):
    deep = type(data)(data.root / ("x" * 60) / ("y" * 60))
    deep.create()
    server = Postgres(deep, throwaway=True)
    server.join()

    host = unquote(urlsplit(server.url(APP)).netloc.rpartition("@")[2].rpartition(":")[0])

    assert len(f"{host}/.s.PGSQL.{load_place(deep.postgres).port}") <= 103
    server.leave()
    remove_cluster(deep)
    shutil.rmtree(host, ignore_errors=True)


def test_an_unknown_platform_is_told_to_bring_a_database(monkeypatch):
    monkeypatch.setattr(postgres_install, "WHEEL", "no_such_wheel")

    with pytest.raises(CannotRun, match="set DATABASE_URL to a PostgreSQL 15 or newer"):
        postgres_install.find_install()


@pytest.mark.parametrize(("memory_gb", "buffers"), [(0.5, 64), (4, 256), (64, 512)])
def test_a_larger_machine_keeps_more_pages_in_memory(memory_gb, buffers):
    assert buffers_mb(int(memory_gb * 2**30)) == buffers
