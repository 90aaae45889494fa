"""The client in the documentation, against a real server: its five scripts do what they say."""

import csv
import importlib.util
import io
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.services import create_token
from catalog.contracts.models import SchemaObject, SchemaProperty
from catalog.lineage.models import ProductEdge
from catalog.products.models import DataProduct
from catalog.products.services.indexing import reindex
from core import outbox
from core.positions import number_events
from provisioning.jobs.models import Instance, Operation, OperationLog
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

FILE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "meshport.py"


@pytest.fixture(scope="module")
def client():
    spec = importlib.util.spec_from_file_location("meshport_example", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def member():
    return UserFactory(username="member")


@pytest.fixture
def token(member):
    _, text = create_token(user=member, name="script", scopes=["read"])
    return text


@pytest.fixture
def portal(client, live_server, token):
    return client.Meshport(live_server.url, token)


@pytest.fixture
def run(live_server, token):
    def go(*arguments: str) -> subprocess.CompletedProcess[str]:
        given = {"MESHPORT_URL": live_server.url, "MESHPORT_TOKEN": token}
        return subprocess.run(
            [sys.executable, str(FILE), *arguments],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return go


def link(source: DataProduct, target: DataProduct) -> None:
    ProductEdge.objects.create(source=source, target=target, origin="declared", via="x")


def told(product: DataProduct, verb: str) -> None:
    outbox.emit("product.moved", key=product.pk, product_id=str(product.pk), verb=verb)
    number_events()


def test_owners_of_everything_upstream_at_any_distance(run):
    chain = [ProductFactory() for _ in range(30)]
    for source, target in itertools.pairwise(chain):
        link(source, target)
    hidden, downstream = ProductFactory(visibility="restricted"), ProductFactory()
    link(hidden, chain[-1])
    link(chain[-1], downstream)

    done = run("owners", chain[-1].fqn)

    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {slug: products for slug, _, products in rows} == {
        each.owner.slug: each.fqn for each in chain[:-1]
    }


def test_products_under_a_score_with_their_owners(run):
    for score in (10, 79.5, 80, 95, None):
        product = ProductFactory(slug=f"s{str(score).replace('.', '-').lower()}")
        DataProduct.objects.filter(pk=product.pk).update(quality_score=score)
    hidden = ProductFactory(visibility="restricted")
    DataProduct.objects.filter(pk=hidden.pk).update(quality_score=1)
    reindex(list(DataProduct.objects.values_list("pk", flat=True)))

    done = run("below", "80")

    expected = DataProduct.objects.filter(slug__in=["s10", "s79-5"]).order_by("quality_score")
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        [f"{each.quality_score:.1f}", each.fqn, each.owner.slug] for each in expected
    ]


def test_columns_of_a_class_as_csv_that_no_spreadsheet_runs(run):
    for visibility in ("company", "restricted"):
        version = ContractVersionFactory()
        port = PortFactory(
            product=ProductFactory(visibility=visibility),
            contract=version.contract,
            contract_version=version,
        )
        table = SchemaObject.objects.create(version=version, position=0, name="people")
        for at, (name, level) in enumerate([("mail", "personal"), ("size", "public")]):
            SchemaProperty.objects.create(
                object=table, position=at, path=name, name=name, classification=level,
                description="=1+1", tags=["a", "b"],
            )  # fmt: skip
        if visibility == "company":
            seen = port

    done = run("columns", "personal")

    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["port"], row["path"], row["owner"]) == (seen.fqn, "mail", seen.product.owner.slug)
    assert (row["description"], row["tags"]) == ("'=1+1", "a, b")


@pytest.fixture
def operation(member):
    team = TeamFactory()
    instance = Instance.objects.create(
        kind="sandbox", name="x", domain=team.domain, owner=team, driver="postgres"
    )
    made = Operation.objects.create(
        instance=instance,
        kind="provision",
        title="Make it",
        state="running",
        actor_id=member.pk,
        actor_name=member.username,
        spec={"steps": []},
        deadline_at=timezone.now(),
    )
    OperationLog.objects.create(operation=made, level="info", source="x", text="First line")
    return made


@pytest.mark.parametrize(("state", "code"), [("succeeded", 0), ("failed", 1)])
def test_waiting_ends_with_the_operation_and_tells_each_line_once(run, operation, state, code):
    def end() -> None:
        time.sleep(2)
        OperationLog.objects.create(operation=operation, level="info", source="x", text="Last line")
        Operation.objects.filter(pk=operation.pk).update(state=state, finished_at=timezone.now())
        connection.close()

    worker = threading.Thread(target=end)
    worker.start()
    done = run("wait", str(operation.pk))
    worker.join()

    assert (done.returncode, done.stdout.strip()) == (code, state)
    lines = [line.split(" ", 1)[1] for line in done.stderr.splitlines()]
    assert lines == ["First line", "Last line"]


def test_what_the_portal_refuses_is_said_in_its_words(run):
    done = run("wait", "0190c8a5-7c1e-7000-8000-000000000000")

    assert done.returncode == 2
    assert "404" in done.stderr


def mirror(file: Path) -> dict[str, str]:
    with sqlite3.connect(file) as store:
        rows = store.execute("SELECT fqn, document FROM product").fetchall()
    return {fqn: json.loads(document)["purpose"] for fqn, document in rows}


def test_the_mirror_follows_the_feed_and_reads_only_what_changed(run, tmp_path):
    file = tmp_path / "catalogue.db"
    products = [ProductFactory(purpose="Before") for _ in range(5)]
    reindex([each.pk for each in products])
    told(products[0], "product.published")
    first = run("sync", str(file))
    changed, gone = products[1], products[2]
    DataProduct.objects.filter(pk=changed.pk).update(purpose="After")
    DataProduct.objects.filter(pk=gone.pk).update(visibility="restricted")
    reindex([changed.pk, gone.pk])
    told(changed, "product.published")
    told(gone, "product.retired")  # which nobody hears who may not see it any more

    second, third = run("sync", str(file)), run("sync", str(file))

    assert first.stdout == "5 products read\n", first.stderr
    assert (second.stdout, third.stdout) == ("1 products read\n", "0 products read\n")
    assert mirror(file) == {
        each.fqn: "After" if each == changed else "Before" for each in products if each != gone
    }


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def test_a_sync_that_is_killed_anywhere_goes_on_without_loss(client, portal, tmp_path):
    products = [ProductFactory(purpose="Before") for _ in range(3)]
    reindex([each.pk for each in products])
    for killed_at in range(1, 9):
        file = tmp_path / f"{killed_at}.db"
        DataProduct.objects.update(purpose="Before")
        client.sync(portal, str(file))
        DataProduct.objects.update(purpose=f"After {killed_at}")
        for each in products:
            told(each, "product.published")

        calls = iter(range(1, killed_at))
        dying = client.Meshport(portal.url, portal.token)
        dying.get = lambda *a, calls=calls, **k: portal.get(*a, **k) if next(calls, None) else die()
        try:
            client.sync(dying, str(file))
        except Killed:
            client.sync(portal, str(file))

        assert mirror(file) == {each.fqn: f"After {killed_at}" for each in products}


def die() -> None:
    raise Killed


def test_a_real_kill_leaves_a_mirror_that_the_next_run_completes(run, live_server, token, tmp_path):
    file = tmp_path / "catalogue.db"
    products = [ProductFactory() for _ in range(40)]
    reindex([each.pk for each in products])
    environment = {**os.environ, "MESHPORT_URL": live_server.url, "MESHPORT_TOKEN": token}
    process = subprocess.Popen([sys.executable, str(FILE), "sync", str(file)], env=environment)
    deadline = time.monotonic() + 60
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()

    done = run("sync", str(file))

    assert done.returncode == 0, done.stderr
    assert set(mirror(file)) == {each.fqn for each in products}


def test_a_write_that_the_portal_was_too_busy_for_is_done_once(client, portal, monkeypatch):
    sent = []
    monkeypatch.setattr(client.time, "sleep", lambda _s: None)
    real = client.urllib.request.urlopen

    def flaky(call, timeout):
        sent.append(call.get_header("Idempotency-key"))
        if len(sent) == 1:
            raise ConnectionResetError
        return real(call, timeout=timeout)

    monkeypatch.setattr(client.urllib.request, "urlopen", flaky)
    with pytest.raises(client.Refused, match="403"):
        portal.post("tokens", {"name": "x", "scopes": ["read"]})  # this token only reads

    assert len(sent) == 2
    assert sent[0] == sent[1]
