"""A rule is broken in the warehouse, seen where it matters, told once, repaired, and over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql

from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import Script

pytestmark = pytest.mark.browser
PRODUCT, DOWNSTREAM = "sales.orders", "sales.order-lines"
COLUMN, KEY = "customer_id", "order_id"
RULE = f"{COLUMN} is always filled in"
BROKEN_ROWS = 3
PRESS_EVERY_S = 3  # what ran within ten seconds is not run again
WAIT_S = 120


def table_of(script: Script) -> sql.Identifier:
    """The table of the product's own port in the warehouse."""
    ports = json.loads(script.get(f"products/{PRODUCT}"))["output_ports"]
    location = next(each["location"] for each in ports if each["technology"] == "postgresql")
    table = next(iter(location["tables"].values()))
    name = table["table"] if isinstance(table, dict) else table
    return sql.Identifier(location["schema"], name)


@contextmanager
def gaps(portal: Portal, table: sql.Identifier) -> Iterator[Callable[[], None]]:
    """Rows of which a pipeline forgot a value; what is given repairs them, and so does the end."""
    names = {"table": table, "column": sql.Identifier(COLUMN), "key": sql.Identifier(KEY)}
    with psycopg.connect(portal.warehouse_url, autocommit=True) as warehouse:
        rows = warehouse.execute(
            sql.SQL("SELECT {key}, {column} FROM {table} ORDER BY {key} LIMIT %s").format(**names),
            [BROKEN_ROWS],
        ).fetchall()
        fill = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s").format(**names)
        required = sql.SQL("ALTER TABLE {table} ALTER COLUMN {column} {verb} NOT NULL")
        warehouse.execute(required.format(**names, verb=sql.SQL("DROP")))

        def repair() -> None:
            for key, value in rows:
                warehouse.execute(fill, [value, key])

        try:
            for key, _ in rows:
                warehouse.execute(fill, [None, key])
            yield repair
        finally:
            repair()
            warehouse.execute(required.format(**names, verb=sql.SQL("SET")))


def check_page(script: Script) -> str:
    """The page of the rule, of the port that the portal measures."""
    query = urlencode({"q": RULE, "page_size": 200})
    found = json.loads(script.get(f"products/{PRODUCT}/quality/checks?{query}"))["results"]
    pk = next(each["id"] for each in found if each["runnable"])
    return f"/products/{PRODUCT}/checks/{pk}/"


def measured(owner: Person, page: str, reached: Callable[[], bool]) -> None:
    """Run the check as an owner does, and look until what is waited for has happened."""
    ends, again = time.monotonic() + WAIT_S, 0.0
    while not reached():
        assert time.monotonic() < ends, owner.page.content()
        if time.monotonic() > again:
            owner.goto(page)
            owner.click("Run this check")
            again = time.monotonic() + PRESS_EVERY_S
        owner.page.wait_for_timeout(500)


def shows(person: Person, path: str, text: str) -> bool:
    person.goto(path)
    return text in person.page.locator("main").inner_text()


def told(person: Person, title: str) -> int:
    """How often the person's notifications say this."""
    person.goto("/notifications/")
    return int(person.page.get_by_text(title, exact=True).count())


def until_told(person: Person, title: str) -> int:
    ends = time.monotonic() + WAIT_S
    while not (count := told(person, title)) and time.monotonic() < ends:
        person.page.wait_for_timeout(1_000)
    return count


def test_a_broken_rule_is_seen_told_once_and_over_when_it_is_repaired(
    portal: Portal, chromium: Any
) -> None:
    owner, follower = Person(chromium, portal, "owner"), Person(chromium, portal, "consumer")
    script = Script(portal, "owner")
    Script(portal, "consumer").post(f"products/{PRODUCT}/follow")
    page, downstream = f"/products/{PRODUCT}/", f"/products/{DOWNSTREAM}/"
    name = json.loads(script.get(f"products/{PRODUCT}"))["name"]
    assert not shows(follower, page, RULE)
    check = check_page(script)

    with gaps(portal, table_of(script)) as repair:
        measured(owner, check, lambda: shows(owner, page, f"Incident: {RULE}."))

        # on the product and on what is made from it, for everybody
        assert shows(follower, page, f"Incident: {RULE}.")
        assert shows(follower, f"{page}?tab=schema", f"Incident: {RULE}.")
        assert shows(follower, downstream, f"{name}: {RULE}")
        assert until_told(follower, f"{name}: {RULE}") == 1

        # its page says what broke and whom it reaches; somebody takes it up
        owner.goto("/")
        owner.page.get_by_role("link", name=f"{name}: {RULE}").first.click()
        owner.sees(f"{BROKEN_ROWS} of")
        owner.page.locator("aside").get_by_role("link", name="Order Lines").wait_for()
        owner.click("Acknowledge")
        owner.page.locator(".head .badge", has_text="Acknowledged").wait_for()
        where = owner.page.url
        assert shows(follower, page, "somebody looks after it")

        # a further run that fails is no further incident, and tells nobody again
        measured(
            owner, check, lambda: shows(owner, where.removeprefix(portal.url), "Bad results\n2")
        )
        assert told(follower, f"{name}: {RULE}") == 1

        repair()
        measured(owner, check, lambda: not shows(owner, page, RULE))

    owner.page.goto(where)
    owner.page.locator(".head .badge", has_text="Resolved").wait_for()
    owner.sees("The check passes again.")
    assert not shows(follower, downstream, RULE)
    assert until_told(follower, f"{name}: resolved, {RULE}") == 1
    assert told(follower, f"{name}: {RULE}") == 1
    found = json.loads(script.get(f"incidents?state=resolved&product={PRODUCT}"))["results"]
    assert [each["failures"] for each in found if each["title"] == RULE][:1] == [2]
    assert follower.complaints == []
    assert owner.complaints == []
