"""Killing the web process during batches loses nothing that was acknowledged."""

import json
import socket
import threading
import time
from uuid import uuid4

import pytest
import requests
from django.db import connection

from accounts.services import create_token
from catalog.lineage.models import DatasetEdge, LineageEvent, Run
from tests.catalog.lineage.events import event
from tests.factories import TeamFactory, member_of
from tests.provisioning.jobs.processes import Process, until

pytestmark = pytest.mark.django_db(transaction=True)
IN_BATCH = 200


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def web(port):
    """The web server as `up` starts it, on the database of this test."""
    return Process(
        *("-m", "gunicorn", "--config", "python:portal.ops.gunicorn_conf"),
        *("--bind", f"127.0.0.1:{port}", "portal.wsgi:application"),
        DJANGO_SETTINGS_MODULE="portal.settings",
    )


def answers(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/livez", timeout=1).status_code == 200
    except requests.RequestException:
        return False


def batch(numbers):
    return [event([f"in-{n}"], [f"out-{n}"], run_id=uuid4()) for n in numbers]


def send(port, token, batches, acknowledged):
    for body in batches:
        try:
            answer = requests.post(
                f"http://127.0.0.1:{port}/api/v1/lineage/batch",
                json.dumps(body),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
                timeout=60,
            )
        except requests.RequestException:
            return
        if answer.status_code == 200:
            acknowledged.append(body)


def test_what_was_acknowledged_is_there_after_kill_9_and_nothing_is_halved():
    _, token = create_token(user=member_of(TeamFactory()), name="t", scopes=["lineage:write"])
    batches = [batch(range(n, n + IN_BATCH)) for n in range(0, 40 * IN_BATCH, IN_BATCH)]
    acknowledged: list[list[dict]] = []
    port = free_port()

    with web(port) as server:
        until(lambda: answers(port), timeout_s=60)
        sender = threading.Thread(target=send, args=(port, token, batches, acknowledged))
        sender.start()
        until(lambda: len(acknowledged) >= 3, timeout_s=120)
        time.sleep(0.1)  # somewhere inside of a batch
        server.kill()
        sender.join(60)

    until(lambda: not busy(), timeout_s=60)
    stored = set(Run.objects.values_list("run_id", flat=True))
    for body in batches:
        ids = {each["run"]["runId"] for each in body}
        found = {str(each) for each in stored} & ids
        assert found in (set(), ids)  # whole or not at all
        assert body not in acknowledged or found == ids
    assert 3 <= len(acknowledged) < len(batches)
    assert LineageEvent.objects.count() == DatasetEdge.objects.count() == len(stored)

    again: list[list[dict]] = []
    port = free_port()
    with web(port):
        until(lambda: answers(port), timeout_s=60)
        send(port, token, batches, again)
    assert len(again) == len(batches)
    assert LineageEvent.objects.count() == DatasetEdge.objects.count() == 40 * IN_BATCH


def busy():
    """Whether the killed server's session still ends its transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return cursor.fetchone()[0] > 0
