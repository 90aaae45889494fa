"""The same code on two hosts: two web servers, two workers, two sweepers, one ledger."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from portal.ops.environment import DataDir
from portal.ops.postgres import Postgres
from portal.ops.postgres_roles import OWNER, WAREHOUSE
from tests.chaos import shelf
from tests.chaos.checker import violations
from tests.chaos.clients import Load
from tests.chaos.evidence import Delivery, Evidence
from tests.chaos.places import Repositories, things_in
from tests.chaos.report import COUNTS
from tests.chaos.test_chaos_run import OPEN
from tests.distributed.hosts import Hosts, Servers
from tests.distributed.rabbit import SERVER, Rabbit

RATE, SECONDS = 4.0, 10.0  # requests a second at each web server
ENDED = f"SELECT ({OPEN}) = 0"
BOTH_WORK = "SELECT count(*) >= 4 FROM jobs_worker"  # two processes on each host
TWICE = (
    "SELECT schedule, tick_at FROM jobs_scheduletick GROUP BY schedule, tick_at HAVING count(*) > 1"
)
TAKEN_OVER = "SELECT operation_id FROM jobs_operationlog WHERE text LIKE 'taken over%'"


@pytest.fixture
def given() -> Servers:
    """The servers of `.ci/production`: PostgreSQL and Redis of Debian, set up as the docs say."""
    names = ("OWNER", "APP", "WAREHOUSE", "BROKER")
    urls = [os.environ.get(f"MESHPORT_HOSTS_{name}_URL") for name in names]
    if not all(urls):
        pytest.skip("no servers of others: MESHPORT_HOSTS_…_URL is not set")
    return Servers(*filter(None, urls))


@pytest.fixture
def with_rabbit(tmp_path: Path) -> Iterator[Servers]:
    """An embedded PostgreSQL, and RabbitMQ where Debian's package is installed."""
    if not SERVER.exists():
        pytest.skip("rabbitmq-server is not installed")
    data = DataDir(tmp_path / "servers")
    data.create()
    postgres = Postgres(data, throwaway=True)
    postgres.join()
    try:
        with Rabbit(tmp_path / "rabbit") as rabbit:
            environ = postgres.environment()
            yield Servers(
                postgres.url(OWNER),
                environ["DATABASE_URL"],
                postgres.url(WAREHOUSE, "warehouse"),
                rabbit.url,
            )
    finally:
        postgres.leave()


@pytest.mark.production
def test_two_hosts_on_servers_of_others_lose_nothing_when_one_dies(tmp_path, given, request):
    one_host_dies(tmp_path, given, request.config.getoption("--chaos-report"))


@pytest.mark.nightly
def test_two_hosts_on_rabbitmq_lose_nothing_when_one_dies(tmp_path, with_rabbit, request):
    one_host_dies(tmp_path, with_rabbit, request.config.getoption("--chaos-report"))


def one_host_dies(folder: Path, servers: Servers, report: str) -> None:
    """Both hosts are asked; the worker and the sweeper of one are killed on the way."""
    with Hosts(folder, servers) as hosts:
        hosts.until(BOTH_WORK)
        loads = [
            Load(host.url, hosts.token, Random(n)) for n, host in enumerate((hosts.a, hosts.b))
        ]
        for _ in range(int(RATE * SECONDS / 2)):
            for load in loads:
                load.send()
        _stop_at_work(hosts)
        hosts.a.kill("worker")
        hosts.a.kill("sweeper")
        for load in loads:
            load.offer(RATE, SECONDS / 2)
        for load in loads:
            load.settle()
        drained_s = hosts.until(ENDED)
        lines = hosts.sink.read_text().split("\n")[:-1]
        evidence = Evidence(
            servers.owner_url,
            servers.warehouse_url,
            [answer for load in loads for answer in load.answers],
            [Delivery(*line.split(" ", 1)) for line in lines],
            [shelf.CANARY],
            [hosts.logs()],
            things_in(Repositories(hosts.repositories)),
        )
        found = violations(evidence)
        if report:
            Path(report).write_text(_page(hosts, loads, drained_s, len(found)))
        assert found == []
        assert [load.unsettled + load.unfriendly for load in loads] == [[], []]
        assert all(len(load.answers) >= RATE * SECONDS for load in loads)
        assert hosts.ask(TWICE) == []
        assert hosts.ask(TAKEN_OVER) != []


def _stop_at_work(hosts: Hosts) -> None:
    """Stop the first host's worker while a process of it holds a lease."""
    worker = psutil.Process(hosts.a.processes["worker"].pid)
    holders = ", ".join(f"'{each.pid}'" for each in worker.children())
    at_work = (
        "SELECT count(*) > 0 FROM jobs_operation"
        f" WHERE split_part(lease_owner, ':', 2) IN ({holders})"
    )
    for _ in range(400):
        os.killpg(worker.pid, signal.SIGSTOP)
        if hosts.ask(at_work)[0][0]:
            return
        os.killpg(worker.pid, signal.SIGCONT)
        time.sleep(0.05)
    raise AssertionError("the first host's worker never has work")


def _page(hosts: Hosts, loads: list[Load], drained_s: float, contradictions: int) -> str:
    """What the run saw, as a table for `docs/`."""
    ((operations, taken_over, crashes, failed),) = hosts.ask(COUNTS)
    took = sorted(each for load in loads for each in load.took_ms)
    rows = {
        "Broker": hosts.servers.broker_url.partition(":")[0],
        "Requests accepted": len({answer.key for load in loads for answer in load.answers}),
        "Operations, all ended": f"{operations}, of them failed and undone {failed}",
        "Taken over from the dead worker": f"{taken_over}, after {crashes or 0} crashes",
        "Accepting, p50 / longest": f"{took[len(took) // 2]:.0f} / {took[-1]:.0f} ms",
        "All ended after the last request within": f"{drained_s:.1f} s",
        "Ticks of a schedule that two sweepers did": len(hosts.ask(TWICE)),
        "Contradictions the checker found": contradictions,
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    return f"| figure | value |\n| --- | --- |\n{table}"
