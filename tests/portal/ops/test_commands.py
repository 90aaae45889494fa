"""The command line as a person uses it, in processes of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import psycopg
import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres, load_place
from portal.ops.postgres_roles import APP
from portal.ops.supervisor import readiness
from tests.portal.ops.conftest import remove_cluster
from tests.portal.ops.helpers import PROJECT, eventually, is_gone, processes_naming

HOST = "127.0.0.1"
READY_WITHIN_S = 120
ALL_SEALED = "SELECT (SELECT max(seq) FROM core_auditseal) = max(id) FROM core_auditevent"
EMBEDDED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "WAREHOUSE_URL",
    "CELERY_BROKER_URL",
    "PORTAL_URL",
)


@pytest.fixture
def environ(data):
    """An operator's environment that names nothing but a data folder."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in EMBEDDED and not name.startswith("PYTEST_")
    }
    return {**plain, "PORTAL_DATA_DIR": str(data.root)}


@pytest.fixture
def manage(environ):
    started = []

    def start(*arguments, **more):
        process = subprocess.Popen(
            [sys.executable, PROJECT / "manage.py", *map(str, arguments)],
            env={**environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        yield taken.getsockname()[1]


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def refused(process):
    output, complaint = process.communicate(timeout=60)
    assert process.returncode == 1, complaint
    assert complaint.count("\n") == 1
    return output, complaint


def test_a_taken_port_is_named_with_the_mend_and_nothing_is_started(data, manage, taken_port):
    _, complaint = refused(manage("up", "--empty", "--port", taken_port))

    assert f"Port {taken_port}" in complaint
    assert "--port" in complaint
    assert not (data.postgres / "place.json").exists()
    assert not processes_naming(data.root)


def test_a_database_that_is_down_is_named_without_its_password(data, manage):
    url = f"postgresql://someone:secret-word@{HOST}:{free_port()}/portal"

    _, complaint = refused(manage("up", "--port", free_port(), DATABASE_URL=url))

    assert "DATABASE_URL" in complaint
    assert "refused" in complaint
    assert "secret-word" not in complaint
    assert not processes_naming(data.root)


def test_a_folder_that_cannot_be_written_is_named(manage):
    _, complaint = refused(manage("up", PORTAL_DATA_DIR="/proc/meshport"))

    assert "/proc/meshport" in complaint
    assert "--data-dir" in complaint


def test_doctor_finds_the_embedded_database_well(manage):
    process = manage("doctor")

    output, _ = process.communicate(timeout=120)

    findings = dict(line.split()[:2][::-1] for line in output.splitlines())
    for check in ("python", "disk", "database", "rights", "clock", "warehouse", "broker"):
        assert findings[check] == "ok", output
    assert findings["workers"] == "warn"


def test_doctor_fails_with_a_mend_when_the_database_is_down(manage):
    url = f"postgresql://someone@{HOST}:{free_port()}/portal"
    process = manage("doctor", DATABASE_URL=url)

    output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "mend DATABASE_URL" in output


def test_an_unknown_command_lists_the_known_ones():
    answer = subprocess.run(
        [PROJECT / "run", "fly"], capture_output=True, text=True, check=False, cwd="/"
    )

    assert answer.returncode == 2
    assert "up test doctor demo token apply admin audit-verify" in answer.stderr


@pytest.fixture
def portal(manage, data):
    """A whole running portal without demo data, and its port."""
    port = free_port()
    process = manage("up", "--empty", "--port", port)
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("Portal ready: ") for line in lines), process.stderr.read()
    return process, port


def test_a_portal_runs_heals_and_stops(portal, data, manage):
    process, port = portal
    with urllib.request.urlopen(f"http://{HOST}:{port}/accounts/login/", timeout=10) as page:
        assert page.status == 200

    _, complaint = refused(manage("up", "--port", free_port()))
    assert "already runs" in complaint

    postmaster = next(one for one in processes_naming("postgres") if _is_postmaster(one, data))
    postmaster.kill()
    eventually(lambda: is_gone(postmaster.pid))
    eventually(lambda: readiness(HOST, port)[0] == 200, timeout_s=READY_WITHIN_S)

    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert process.returncode == 0
    assert not processes_naming(data.root)


def test_a_portal_seals_its_audit_log_with_a_role_that_can_only_add(portal, data, manage):
    assert manage("admin", "ada@example.org").wait(60) == 0
    with psycopg.connect(Postgres(data).url(APP), autocommit=True) as ledger:
        eventually(lambda: ledger.execute(ALL_SEALED).fetchone() == (True,))
        for table in ("core_auditevent", "core_auditseal"):
            own = "SET actor = 'x'" if table == "core_auditevent" else "SET seq = 1"
            for change in (f"UPDATE {table} {own}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission"):
                    ledger.execute(change)

    output, _ = manage("audit-verify").communicate(timeout=60)
    assert re.match(r"[1-9]\d* sealed up to [0-9a-f]{64}, 0 waiting", output), output
    assert "audit     sealed" in manage("doctor").communicate(timeout=120)[0]


def test_a_killed_portal_leaves_no_process(portal, data):
    process, port = portal
    family = [one.pid for one in _family(process.pid)]

    process.kill()
    process.wait()

    eventually(lambda: all(is_gone(pid) for pid in family), timeout_s=60)
    assert readiness(HOST, port)[0] == 0


def _family(pid):
    return psutil.Process(pid).children(recursive=True)


def _is_postmaster(process, data):
    return load_place(data.postgres).cluster in process.cmdline()


INNER_TEST = """
import os
import psycopg

def test_the_role_makes_databases_and_the_broker_is_there():
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE made_by_the_test")
    assert os.path.exists(os.environ["CELERY_BROKER_URL"].removeprefix("redis+socket://"))

def test_that_fails():
    assert False
"""


def test_the_test_command_brings_services_and_hands_on_the_exit_code(data, manage, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    inner = tmp_path / "test_inner.py"
    inner.write_text(INNER_TEST)

    process = manage("test", "-p", "no:django", "-c", tmp_path / "pytest.ini", inner)
    output, _ = process.communicate(timeout=120)

    assert "1 failed, 1 passed" in output
    assert process.returncode == 1
    assert not processes_naming(data.root)


NOTING_TEST = """
import os
from pathlib import Path

def test_that_notes_its_database():
    Path(__file__).with_suffix(".url").write_text(os.environ["DATABASE_URL"])
"""


def test_a_run_without_a_path_gives_each_process_servers_of_its_own(data, manage, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"test_{name}.py").write_text(NOTING_TEST)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = {tmp_path}\n")

    process = manage("test", "-pno:django", f"-c{tmp_path / 'pytest.ini'}")
    output, _ = process.communicate(timeout=120)

    remove_cluster(DataDir(data.root.with_name(f"{data.root.name}-2")))
    assert "2 passed" in output
    noted = {path.read_text() for path in tmp_path.glob("*.url")}
    assert len(noted) == 2
    assert not processes_naming(data.root)
