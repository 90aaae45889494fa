"""The whole main job, once, as people do it: in a browser, with psycopg, with scripts."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
import urllib.request
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from psycopg import sql

from tests.browser.conftest import Portal
from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.production]
ROWS = 5


def graphql(portal: Portal, token: str, query: str) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{portal.url}/graphql/",
        json.dumps({"query": query}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: dict[str, Any] = json.load(answer)
    assert "errors" not in body, body
    return body["data"]


def port_of(portal: Portal, token: str, fqn: str) -> dict[str, Any]:
    """The first output port, as REST tells it."""
    request = urllib.request.Request(
        f"{portal.url}/api/v1/products/{fqn}", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        port: dict[str, Any] = json.load(answer)["output_ports"][0]
    return port


def fill_in_form(owner: Person, name: str) -> None:
    owner.goto("/services/")
    owner.page.get_by_role("link", name="Data product on PostgreSQL").first.click()
    owner.click("Ask for it", role="link")
    page = owner.page
    page.fill("[name=name]", name)
    page.fill("[name=purpose]", "What came back to a shop, one row per article.")
    page.fill("[name=domain]", "sales")
    page.fill("[name=columns-0-name]", "return_id")
    page.check("[name=columns-0-key]")
    owner.click("Add a column")
    page.fill("[name=columns-1-name]", "amount_eur")
    page.select_option("[name=columns-1-type]", "number")
    page.check("[name=columns-1-required]")
    page.fill("[name=retention_days]", "400")
    page.get_by_role("button", name="Review").last.click()


def load_rows(portal: Portal, location: dict[str, Any], table: str) -> None:
    """What the product's own pipeline would do."""
    target = sql.Identifier(location["schema"], table)
    with psycopg.connect(portal.warehouse_url) as connection:
        connection.cursor().executemany(
            sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(target),
            [(f"R-{n}", n * 10) for n in range(ROWS)],
        )


def read_rows(dsn: str, schema: str, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
    with psycopg.connect(dsn, connect_timeout=5) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_from_a_form_to_rows_and_back(portal: Portal, chromium: Any) -> None:
    owner = Person(chromium, portal, "owner")
    consumer = Person(chromium, portal, "consumer")
    name = f"Shop returns {uuid4().hex[:6]}"
    fqn = f"sales.{name.lower().replace(' ', '-')}"

    # the form, the review, the live page
    fill_in_form(owner, name)
    owner.sees("Reader and writer roles")
    owner.sees(f"{fqn}")
    owner.click("Send request")
    owner.page.locator(".badge.ok").first.wait_for()
    owner.goto(f"/products/{fqn}/")
    owner.sees("Draft")

    # nobody else sees a draft
    consumer.goto(f"/products/{fqn}/")
    consumer.sees("Nothing here")
    consumer.complaints.clear()

    # publish, and it is found by a column's name
    owner.click("Publish")
    owner.page.locator(".badge", has_text="Active").first.wait_for()
    consumer.goto("/marketplace/?q=return_id")
    consumer.page.get_by_role("link", name=name).first.click()

    # ask, approve, reveal, read
    token = portal.run("token", "owner", "--scope", "read", "--scope", "lineage:write")
    location = port_of(portal, token, fqn)["location"]
    table = next(iter(location["tables"].values()))
    load_rows(portal, location, table)
    consumer.click("Ask for access", role="link")
    consumer.page.fill("[name=purpose]", "Compare returns with campaign promises")
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
    consumer.page.fill("[name=until]", until.isoformat())
    consumer.click("Ask for access")
    owner.goto("/approvals/")
    owner.page.get_by_role("link", name=re.compile(re.escape(name))).first.click()
    owner.click("Approve until")
    consumer.goto("/access/")
    consumer.page.get_by_role("link", name=re.compile(re.escape(name))).first.click()
    for _ in range(30):
        if consumer.page.get_by_role("button", name=re.compile("Show")).count():
            break
        consumer.page.wait_for_timeout(500)
        consumer.page.reload()
    consumer.page.get_by_role("button", name=re.compile("Show")).first.click()
    dsn = consumer.page.locator("#dsn").inner_text()
    assert read_rows(dsn, location["schema"], table) == ROWS
    consumer.page.reload()
    assert dsn not in consumer.page.content()

    # the login reaches nothing else, and may not write
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn.replace("/warehouse", "/portal"), connect_timeout=5)
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error):
        connection.execute(
            sql.SQL("DELETE FROM {}").format(sql.Identifier(location["schema"], table))
        )

    # a rule of the contract is run and gives a score
    owner.goto(f"/products/{fqn}/?tab=quality")
    owner.click("Run checks now")
    wait_for_score(owner, fqn)

    # one event of the official client gives it an upstream
    send_event(portal, token, fqn)
    answer = graphql(
        portal,
        token,
        f'{{ product(fqn: "{fqn}") {{ fqn domain {{ path }} owner {{ slug }} '
        "quality { score dimensions { dimension score weight checks } } "
        "upstream { id kind distance } outputPorts(first: 5) { edges { node { fqn } } } } }",
    )["product"]
    assert answer["domain"] == {"path": "sales"}
    assert answer["owner"] == {"slug": "sales-data"}
    assert answer["quality"]["score"] == 100
    assert {part["dimension"] for part in answer["quality"]["dimensions"]} == {
        "COMPLETENESS",
        "UNIQUENESS",
    }
    assert [node["id"] for node in answer["upstream"]] == ["product:sales.orders"]

    # revoke, and the next query is refused
    revoke(owner, fqn)
    assert wait_until_gone(dsn, location["schema"], table)
    assert owner.complaints == []
    assert consumer.complaints == []


def wait_for_score(owner: Person, fqn: str) -> None:
    for _ in range(60):
        owner.goto(f"/products/{fqn}/?tab=quality")
        if owner.page.get_by_text("Why 100").count():
            return
        owner.page.wait_for_timeout(500)
    raise AssertionError("the checks gave no score")


def send_event(portal: Portal, token: str, fqn: str) -> None:
    def dataset(of: str) -> dict[str, str]:
        offered: dict[str, str] = port_of(portal, token, of)["datasets"][0]
        return offered

    config = HttpConfig(url=portal.url, auth=ApiKeyTokenProvider({"apiKey": token}))
    client = OpenLineageClient(transport=HttpTransport(config))
    client.emit(
        RunEvent(
            eventType=RunState.COMPLETE,
            eventTime=dt.datetime.now(dt.UTC).isoformat(),
            run=Run(runId=str(uuid4())),
            job=Job(namespace="shops", name="load_returns"),
            producer="https://example.org/shops",
            inputs=[InputDataset(**dataset("sales.orders"))],
            outputs=[OutputDataset(**dataset(fqn))],
        )
    )


def revoke(owner: Person, fqn: str) -> None:
    owner.goto(f"/products/{fqn}/?tab=access")
    owner.click("Web Analytics team", role="link")
    owner.page.get_by_role("link", name="End access").or_(
        owner.page.get_by_role("button", name="End access")
    ).first.click()
    owner.page.fill("[name=reason]", "The comparison is done.")
    owner.page.fill("[name=confirm]", "table")
    owner.page.locator("dialog").get_by_role("button", name="End access").click()
    owner.page.get_by_text("Revoked").first.wait_for()


def wait_until_gone(dsn: str, schema: str, table: str) -> psycopg.Error:
    """The job takes a moment; then the login or the right is gone."""
    for _ in range(60):
        try:
            read_rows(dsn, schema, table)
        except psycopg.Error as refusal:
            return refusal
        time.sleep(0.25)
    raise AssertionError("rows can still be read 15 s after the revoke")
