"""A whole portal from its start to its end, again and again on the same folder."""

import re
import signal
import urllib.request

import psutil
import psycopg
import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres, load_place
from portal.ops.postgres_roles import APP
from portal.ops.supervisor import readiness
from tests.portal.ops.conftest import remove_cluster
from tests.portal.ops.helpers import (
    HOST,
    eventually,
    free_port,
    is_gone,
    processes_naming,
    refused,
)

READY_WITHIN_S = 120
ALL_SEALED = "SELECT (SELECT max(seq) FROM core_auditseal) = max(id) FROM core_auditevent"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One folder for all: from the second start on its tables are made."""
    folder = DataDir(tmp_path_factory.mktemp("portal") / "data")
    folder.create()
    yield folder
    remove_cluster(folder)


@pytest.fixture
def portal(manage, data):
    """A whole running portal without demo data, and its port; it has ended before the next."""
    port = free_port()
    process = manage("up", "--empty", "--port", port)
    lines = iter(process.stdout.readline, "")
    assert any(line.startswith("Portal ready: ") for line in lines), process.stderr.read()
    yield process, port
    process.send_signal(signal.SIGINT)
    process.wait(60)


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
