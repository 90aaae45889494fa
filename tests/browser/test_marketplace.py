"""From a misspelt word to an enforced policy, as a consumer, an owner and a steward do it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import Script
from tests.browser.test_pages import TABS, look

pytestmark = pytest.mark.browser
WIDTHS = (1440, 390)
PRODUCT = "customer.customer-churn"
LINKED_DATA = "application/ld+json"


@pytest.fixture(scope="module")
def axe(chromium: Any) -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.fixture(params=WIDTHS, ids=lambda width: f"{width} px")
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def is_clean(person: Person, axe: Any, *widths: int) -> None:
    """At all of the widths; the window is left at the first."""
    assert [fault for width in widths[::-1] for fault in look(person, axe, "light", width)] == []


def test_a_consumer_finds_understands_compares_and_keeps(
    portal: Portal, chromium: Any, axe: Any, width: int, tmp_path: Path
) -> None:
    consumer = Person(chromium, portal, "consumer", width)
    page = consumer.page

    # a misspelt word is understood, a facet narrows the list
    page.fill("#q", "custmer")
    page.press("#q", "Enter")
    consumer.sees("Showing results for")
    if width < 1152:
        consumer.click("Filters")
    page.locator("#filters summary", has_text="Classification").click()
    page.check("#f-classification-confidential")
    page.get_by_text("Classification: Confidential").wait_for()
    if width < 1152:
        page.keyboard.press("Escape")
    names = page.locator("#results tbody th a").all_inner_texts()
    is_clean(consumer, axe, width)

    # exactly these are exported
    with page.expect_download() as download:
        consumer.click("Export as CSV", role="link")
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["name"] for row in rows) == sorted(names)
    assert {row["classification"] for row in rows} == {"confidential"}

    # the search is kept
    consumer.click("Save this search", role="link")
    kept = f"Customers {uuid4().hex[:6]}"
    page.fill("#name", kept)
    consumer.click("Save")
    page.get_by_role("button", name=kept).wait_for()
    is_clean(consumer, axe, width)
    page.get_by_role("button", name=kept).click()
    page.wait_for_url(re.compile("q=custmer"))

    # two side by side
    boxes = page.locator("#results input[name=p]")
    boxes.nth(0).check()
    boxes.nth(1).check()
    consumer.click("Compare chosen")
    consumer.sees("side by side")
    assert page.locator("thead th a").count() == 2
    is_clean(consumer, axe, width)

    # every side of a product
    page.go_back()
    page.locator("#results").get_by_role("link", name="Customer Churn", exact=True).click()
    for tab in TABS:
        page.get_by_role("navigation", name="Product").get_by_role(
            "link", name=tab.capitalize(), exact=True
        ).click()
        assert page.locator(".tabs [aria-current]").inner_text() == tab.capitalize()
        is_clean(consumer, axe, width)
    assert consumer.complaints == []


def test_names_are_offered_while_typing(portal: Portal, chromium: Any, width: int) -> None:
    consumer = Person(chromium, portal, "consumer", width)
    page = consumer.page

    page.locator("#q").press_sequentially("customer ch", delay=20)
    page.locator("#hits").get_by_role("option", name=re.compile("^Customer Churn")).wait_for()
    assert page.get_attribute("#q", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#q", "aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    page.keyboard.press("Escape")
    assert not page.locator("#hits").is_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{portal.url}/products/{PRODUCT}/")
    assert consumer.complaints == []


def test_a_document_goes_out_and_comes_back_without_a_difference(
    portal: Portal, chromium: Any
) -> None:
    owner = Person(chromium, portal, "owner")
    script = Script(portal, "owner")
    owner.goto("/products/sales.orders/")

    with owner.page.expect_download() as download:
        owner.click("ODPS", role="link")
    text = Path(download.value.path()).read_bytes()
    report = json.loads(script.send("descriptors?mode=apply", text, "application/yaml"))
    data = script.get("products/sales.orders/descriptor").encode()
    again = json.loads(script.send("descriptors?mode=apply", data, "application/json"))

    assert [each["action"] for each in report["documents"]] == ["unchanged"]
    assert report["documents"][0]["changes"] == []
    assert [each["action"] for each in again["documents"]] == ["unchanged"]


def test_the_same_product_is_linked_data(portal: Portal, chromium: Any) -> None:
    owner = Person(chromium, portal, "owner")
    owner.goto("/products/sales.orders/")

    with owner.page.expect_download() as download:
        owner.click("DCAT", role="link")

    graph = json.loads(Path(download.value.path()).read_text())
    script = Script(portal, "owner")
    assert graph == json.loads(script.get("products/sales.orders/descriptor", LINKED_DATA))
    assert "Orders" in json.dumps(graph)


def test_an_owner_edits_against_another_reverts_announces_and_answers(
    portal: Portal, chromium: Any, axe: Any
) -> None:
    owner = Person(chromium, portal, "owner")
    page = owner.page
    consumer = Person(chromium, portal, "consumer")
    fqn, mark = "sales.order-lines", uuid4().hex[:6]

    # two windows, one product: the later one sees both versions and loses nothing
    owner.goto(f"/products/{fqn}/edit/")
    other = owner.context.new_page()
    other.goto(f"{portal.url}/products/{fqn}/edit/")
    other.fill("[name=purpose]", f"Lines of orders, first {mark}.")
    other.get_by_role("button", name="Save").click()
    other.wait_for_url(f"{portal.url}/products/{fqn}/")
    page.fill("[name=purpose]", f"Lines of orders, second {mark}.")
    owner.click("Save")
    owner.sees("Both versions")
    both = page.get_by_role("row", name=re.compile("^Purpose")).inner_text()
    assert f"first {mark}" in both
    assert f"second {mark}" in both
    assert page.input_value("[name=purpose]") == f"Lines of orders, second {mark}."
    owner.complaints.clear()  # the browser logs the answer 409
    is_clean(owner, axe, *WIDTHS)
    owner.click("Save")
    owner.sees(f"Lines of orders, second {mark}.")

    # and back again
    owner.goto(f"/products/{fqn}/?tab=activity")
    page.locator("details.revision summary").nth(1).click()
    page.get_by_role("link", name=re.compile("^Revert to this")).first.click()
    is_clean(owner, axe, *WIDTHS)
    owner.click("Take it back")
    owner.sees(f"Lines of orders, first {mark}.")

    # an announcement stands above every tab
    page.locator("#announcements").get_by_role("link", name="Announce", exact=True).click()
    page.fill("[name=title]", f"Late tonight {mark}")
    is_clean(owner, axe, *WIDTHS)
    page.get_by_role("button", name="Announce").last.click()
    consumer.goto(f"/products/{fqn}/?tab=schema")
    consumer.sees(f"Late tonight {mark}")

    # a question is answered
    consumer.goto(f"/products/{fqn}/?tab=activity")
    consumer.page.fill("#comment", f"How late? {mark}")
    consumer.click("Comment")
    consumer.sees(f"How late? {mark}")
    owner.goto(f"/products/{fqn}/?tab=activity")
    thread = page.locator("#comments li", has_text=f"How late? {mark}")
    thread.locator("summary").click()
    thread.locator("textarea").fill(f"An hour. {mark}")
    thread.get_by_role("button", name="Reply").click()
    owner.sees(f"An hour. {mark}")
    is_clean(owner, axe, *WIDTHS)
    assert owner.complaints == []
    assert consumer.complaints == []


def test_a_steward_writes_a_term_and_a_policy_and_the_owner_sees_what_to_fix(
    portal: Portal, chromium: Any, axe: Any
) -> None:
    steward = Person(chromium, portal, "steward")
    owner = Person(chromium, portal, "owner")
    page, mark = steward.page, uuid4().hex[:6]
    fqn = draft(portal, mark)

    steward.goto("/glossary/new/")
    page.fill("[name=name]", f"Basket {mark}")
    page.fill("[name=definition]", "What a customer has **not yet** paid.")
    is_clean(steward, axe, *WIDTHS)
    steward.click("Save")
    steward.sees("not yet")
    is_clean(steward, axe, *WIDTHS)

    steward.goto("/policies/new/")
    page.fill("[name=name]", f"Marked {mark}")
    page.fill("[name=words]", f"A product says {mark}.")
    page.fill("[name=rule]", f'description.contains("{mark}")')
    page.fill("[name=mend]", f"Write {mark} into the description.")
    is_clean(steward, axe, *WIDTHS)
    steward.click("Save")
    page.get_by_role("heading", name=f"Marked {mark}").wait_for()
    failing = page.get_by_role("region", name="Who does not keep it today")
    for _ in range(30):
        if failing.get_by_role("link").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    assert failing.get_by_role("link").count()
    is_clean(steward, axe, *WIDTHS)
    owner.goto(f"/products/{fqn}/")
    assert owner.page.get_by_role("button", name="Publish").is_visible()

    steward.click("Enforce version 1")
    page.locator(".badge", has_text="Enforced").first.wait_for()
    owner.goto(f"/products/{fqn}/")
    owner.sees("1 thing to fix before publishing")
    owner.sees(f"Write {mark} into the description.")
    is_clean(owner, axe, *WIDTHS)
    assert steward.complaints == []
    assert owner.complaints == []

    steward.click("Retire")  # later tests publish


def draft(portal: Portal, mark: str) -> str:
    """A product of the owner's team that only waits to be published."""
    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": f"contract-{mark}",
        "name": f"Baskets {mark}",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "baskets", "properties": [{"name": "id", "logicalType": "string"}]}],
    }
    product = {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": f"product-{mark}",
        "name": f"Baskets {mark}",
        "version": "1.0.0",
        "status": "draft",
        "description": {"purpose": "Which baskets were left, to win them back by mail."},
        "outputPorts": [
            {
                "name": "table",
                "version": "1.0.0",
                "type": "postgresql",
                "contractId": f"contract-{mark}",
            }
        ],
    }
    body = json.dumps([contract, product]).encode()
    path = "descriptors?mode=apply&domain=sales&team=sales-data"
    Script(portal, "owner").send(path, body, "application/json")
    return f"sales.baskets-{mark}"


def test_the_main_path_needs_no_script(portal: Portal, chromium: Any, width: int) -> None:
    owner = Person(chromium, portal, "owner", width, java_script_enabled=False)
    page = owner.page

    owner.goto("/")
    page.fill("#q", "order")
    page.press("#q", "Enter")
    if width < 1152:
        owner.click("Filters")
    page.check("#f-status-active")
    owner.click("Apply")
    page.wait_for_url(re.compile("status=active"))
    page.locator("#results").get_by_role("link", name="Order Lines", exact=True).click()
    page.get_by_role("navigation", name="Product").get_by_role("link", name="Schema").click()
    owner.sees("order_id")
    owner.click("Edit", role="link")
    page.fill("[name=name]", "")
    page.fill("[name=purpose]", "Typed and not lost")
    owner.click("Save")

    owner.sees("One thing to mend.")
    assert page.input_value("[name=purpose]") == "Typed and not lost"
    assert page.get_attribute("[name=name]", "aria-invalid") == "true"
