"""One access from its asking to its end: consumer, owner, steward, and an auditor who reads it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import Script
from tests.browser.test_story import port_of, read_rows, wait_until_gone

pytestmark = pytest.mark.browser
PORT = "sales.orders/orders@1"
STORY = [
    "Asked for",
    "Approved for Sales Data",
    "Approved for the stewards",
    "Opened",
    "Password shown",
    "More time asked for",
    "More time agreed",
    "Runs longer",
    "Ended",
    "Seen to be gone from the warehouse",
]


def in_days(days: int) -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)).isoformat()


def approve(person: Person, address: str) -> None:
    request = address.rstrip("/").rpartition("/")[2]
    person.goto(f"/approvals/?request={request}")
    person.click("Approve until")
    person.page.wait_for_load_state()


def both_approve(owner: Person, steward: Person, consumer: Person) -> None:
    """The owner first; until the steward has agreed too, the request waits."""
    address = consumer.page.url
    consumer.sees("Who decides")
    approve(owner, address)
    consumer.page.reload()
    consumer.page.locator("section", has_text="Who decides").get_by_text("Stewards").wait_for()
    approve(steward, address)


def wait_for(person: Person, text: str) -> None:
    """The page is loaded again until it says so; jobs take a moment."""
    for _ in range(60):
        if person.page.get_by_text(re.compile(text)).count():
            return
        person.page.wait_for_timeout(500)
        person.page.reload()
    raise AssertionError(f"the page does not say “{text}”")


def test_ask_decide_use_prolong_revoke_and_prove(portal: Portal, chromium: Any) -> None:
    consumer, owner, steward = (
        Person(chromium, portal, each) for each in ("consumer", "owner", "steward")
    )
    script = Script(portal, "owner")
    rule = script.post(
        "decision-rules",
        name="One person alone: owner, then steward",
        scope=f"port:{PORT}",
        condition='consumer.kind == "user"',
        outcome={"stages": [[{"side": "owner"}], [{"side": "steward"}]]},
    )
    location = port_of(portal, script.token, "sales.orders")["location"]
    table = next(iter(location["tables"].values()))

    # ask; owner and steward agree, one after the other
    consumer.goto(f"/access/new/?port={PORT}")
    consumer.page.select_option("[name=consumer]", "user:consumer")
    consumer.page.fill("[name=purpose]", "Look for carts that were left, by hand.")
    consumer.page.fill("[name=until]", in_days(20))
    consumer.click("Ask for access")
    both_approve(owner, steward, consumer)

    # the password, once; the rows with it
    consumer.page.reload()
    consumer.page.get_by_role("link", name="The access and how to connect").first.click()
    grant = consumer.page.url.removeprefix(portal.url)
    wait_for(consumer, "Show password once")
    consumer.click("Show password once")
    dsn = consumer.page.locator("#dsn").inner_text()
    rows = read_rows(dsn, location["schema"], table)
    assert rows > 0

    # more time: a request of its own, and the same password goes on
    consumer.goto(grant)
    consumer.click("Ask for more time", role="link")
    consumer.page.fill("[name=until]", in_days(80))
    consumer.click("Ask for more time")
    both_approve(owner, steward, consumer)
    consumer.goto(grant)
    wait_for(consumer, "Runs longer")
    consumer.page.reload()  # the end was read before the story
    consumer.page.locator(f"time[datetime^='{in_days(80)}']").first.wait_for()
    assert read_rows(dsn, location["schema"], table) == rows

    # the owner ends it, and the next query is refused
    owner.goto(f"{grant}?revoke=1")
    owner.page.fill("[name=reason]", "The carts are understood.")
    owner.page.fill("[name=confirm]", "orders")
    owner.page.locator("dialog").get_by_role("button", name="End access").click()
    assert wait_until_gone(dsn, location["schema"], table)

    # an auditor reads the complete story on one page
    steward.goto(grant)
    wait_for(steward, "Seen to be gone from the warehouse")
    told = steward.page.locator("section", has=steward.page.locator("#story"))
    lines = told.locator("tbody th").all_inner_texts()
    found = [next((n for n, line in enumerate(lines) if line.startswith(w)), -1) for w in STORY]
    assert found == sorted(found), lines
    assert -1 not in found, lines

    script.post(f"decision-rules/{rule['id']}/retire")
    assert [*consumer.complaints, *owner.complaints, *steward.complaints] == []
