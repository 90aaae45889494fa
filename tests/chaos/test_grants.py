"""Access under faults: nothing is left after its end, nothing is there without a decision."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from provisioning.access.models import Grant
from provisioning.jobs.models import Instance
from provisioning.requests.models import Request
from tests.chaos.checker import violations
from tests.chaos.clients import Load
from tests.chaos.faults import Trouble
from tests.chaos.seed import DOMAINS
from tests.chaos.stage import Stage
from tests.chaos.test_chaos_run import evidence_of, wait_for_the_end
from tests.factories import PortFactory, TeamFactory, UserFactory

PRODUCTS = 2
ENDED = {"succeeded", "failed", "rejected", "cancelled"}
GONE = {"revoked", "expired"}


@dataclass
class Readers:
    """One thread for each team and product: asks, waits, gives back, and asks again.

    What is granted after the end is kept, so the checker sees both.
    """

    load: Load
    until: float  # by the clock of this process
    failures: list[str] = field(default_factory=list)

    def run(self, ports: list[str]) -> None:
        teams = [f"{domain}-data" for domain in DOMAINS if domain != "sales"]
        threads = [
            threading.Thread(target=self._again, args=(port, f"team:{team}"))
            for port in ports
            for team in teams
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _again(self, port: str, consumer: str) -> None:
        while time.monotonic() < self.until:
            grant = self._granted(port, consumer)
            if grant is not None and time.monotonic() < self.until:
                self._give_back(grant)

    def _granted(self, port: str, consumer: str) -> str | None:
        until = (dt.datetime.now(dt.UTC) + dt.timedelta(days=9)).date().isoformat()
        body = {"port": port, "consumer": consumer, "purpose": "To see if it ends.", "until": until}
        asked = self.load._insist("/api/v1/access-requests", body, uuid4().hex)
        if asked is None:
            return None
        seen = self._wait(f"/api/v1/requests/{asked['id']}", ENDED)
        return str(seen["grant"]) if seen.get("state") == "succeeded" else None

    def _give_back(self, grant: str) -> None:
        """Whatever the answer was: it is sent until the grant has ended."""
        key = uuid4().hex
        ends = time.monotonic() + 120
        while time.monotonic() < ends:
            self.load.call("POST", f"/api/v1/grants/{grant}/revoke", {"reason": "chaos"}, key)
            if self._wait(f"/api/v1/grants/{grant}", GONE, patience_s=5).get("state") in GONE:
                return
        self.failures.append(f"grant {grant} does not end")

    def _wait(self, path: str, states: set[str], patience_s: float = 120) -> dict[str, Any]:
        ends, seen = time.monotonic() + patience_s, {}
        while time.monotonic() < ends:
            status, _, found = self.load.call("GET", path, None, "")
            seen = found if status == 200 else seen
            if seen.get("state") in states:
                return seen
            time.sleep(0.3)
        return seen


def products(load: Load) -> list[str]:
    """Published products in the warehouse; answers their ports."""
    ports = []
    for n in range(PRODUCTS):
        body = load._request() | {"blueprint": "data-product-postgresql"}
        body["parameters"]["name"] = f"Read {n}"
        asked = load._insist("/api/v1/requests", body, uuid4().hex)
        assert asked is not None, load.unfriendly
        made = Readers(load, 0)._wait(f"/api/v1/requests/{asked['id']}", ENDED)
        assert made["state"] == "succeeded", made
        fqn = made["product"]
        status, _, found = load.call("POST", f"/api/v1/products/{fqn}/publish", {}, uuid4().hex)
        assert status == 200, found
        _, _, product = load.call("GET", f"/api/v1/products/{fqn}", None, "")
        ports.append(product["output_ports"][0]["fqn"])
    return ports


def run(folder: Path, seconds: float, pause_s: tuple[float, float]) -> tuple[list[str], int]:
    """What the checker found, and how many grants have ended."""
    random = Random(7)
    with Stage(folder) as stage:
        load = Load(stage.url, stage.token, random)
        ports = products(load)
        trouble = Trouble(stage, random, pause_s)
        thread = threading.Thread(target=trouble.run, daemon=True)
        thread.start()
        readers = Readers(load, time.monotonic() + seconds)
        readers.run(ports)
        trouble.told_to_end = True
        thread.join(60)
        _, quiet_at = wait_for_the_end(stage)
        found = violations(evidence_of(stage, load, quiet_at))
        with psycopg.connect(stage.ledger_url) as ledger:
            ended = ledger.execute("SELECT count(*) FROM access_grant WHERE state = 'revoked'")
            (count,) = ended.fetchone() or (0,)
        return [*found, *readers.failures, *load.unsettled, *load.unfriendly], count


@pytest.mark.parametrize(
    ("state", "decided", "said"),
    [
        ("active", True, "nothing of it is there"),
        ("revoked", False, "and its request waiting"),
        ("revoked", True, None),
    ],
)
def test_the_checker_sees_access_that_should_not_be(ground, state, decided, said):
    port = PortFactory()
    instance = Instance.objects.create(
        kind="grant", name="x", domain=ground.team.domain, owner=ground.team, driver="postgres"
    )
    request = Request.objects.create(
        kind="access",
        title="Read",
        requester=UserFactory(),
        team=ground.team,
        state="succeeded" if decided else "waiting",
        decided_at=timezone.now() if decided else None,
    )
    Grant.objects.create(
        request=request,
        instance=instance,
        port=port,
        consumer_team=TeamFactory(),
        purpose="Weekly report",
        state=state,
        until=timezone.now() + dt.timedelta(days=9),
    )

    found = [each for each in violations(ground.evidence()) if "access_is_decided" in each]

    assert [said in each for each in found] == [True] * bool(said)


def test_access_ends_and_is_decided_whatever_dies_in_a_short_run(tmp_path):
    found, ended = run(tmp_path, seconds=30, pause_s=(0.5, 2.0))

    assert found == []
    assert ended >= 5


@pytest.mark.chaos
def test_access_ends_and_is_decided_whatever_dies_in_a_long_run(tmp_path, request):
    seconds = request.config.getoption("--chaos-seconds")

    found, ended = run(tmp_path, seconds, pause_s=(0.5, 4.0))

    assert found == []
    assert ended >= seconds / 4
