"""The command line as a person uses it, in processes of its own."""

import socket
import subprocess

import pytest

from portal.ops.environment import DataDir
from tests.portal.ops.conftest import remove_cluster
from tests.portal.ops.helpers import HOST, PROJECT, free_port, processes_naming, refused


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        yield taken.getsockname()[1]


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

    process = manage("test", "-n2", "-pno:django", f"-c{tmp_path / 'pytest.ini'}")
    output, _ = process.communicate(timeout=120)

    remove_cluster(DataDir(data.root.with_name(f"{data.root.name}-2")))
    assert "2 passed" in output
    noted = {path.read_text() for path in tmp_path.glob("*.url")}
    assert len(noted) == 2
    assert not processes_naming(data.root)
