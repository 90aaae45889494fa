"""What a reader may not see, in the middle of a way: counted, explained, and no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import JSON, Script
from tests.browser.test_lineage import CARDS, card, open_explorer, shown
from tests.browser.test_pages import look

pytestmark = pytest.mark.browser
LINES, READER_OF_LINES = "product:sales.order-lines", "product:finance.revenue-daily"
HIDDEN = "hidden:downstream"
START = "/lineage/?node=product:sales.orders&depth=2"


@pytest.fixture
def consumer(portal: Portal, chromium: Any) -> Iterator[Person]:
    """Reads the lineage of Orders while Order Lines are for their readers alone."""
    admin = Script(portal, "admin")

    def show_to(whom: str) -> None:
        body = json.dumps({"visibility": whom}).encode()
        admin.send("products/sales.order-lines", body, JSON, method="PATCH")

    show_to("restricted")
    person = Person(chromium, portal, "consumer")
    yield person
    show_to("company")
    assert person.complaints == []
    person.context.close()


def test_a_hidden_node_is_counted_and_explained_and_leads_on(consumer: Person) -> None:
    page = open_explorer(consumer, START)
    hidden = page.locator(card(HIDDEN))

    hidden.get_by_role("button").focus()
    page.keyboard.press("e")
    page.locator("#lineage-said", has_text="Nothing more is known").wait_for()
    page.keyboard.press("c")
    page.keyboard.press(" ")

    assert LINES not in shown(page)
    assert "Order Lines" not in page.locator("main").inner_text()
    assert hidden.locator("button").count() == 0  # neither to open nor to show columns
    assert page.locator("#panel h2").inner_text().endswith(" hidden")
    assert "ask the platform team" in page.locator("#panel").inner_text()
    assert page.locator("#panel :is(a, .btn:not([aria-label=Close]))").count() == 0
    lit = page.locator(f"{CARDS}.on").evaluate_all("all => all.map(each => each.dataset.node)")
    assert {HIDDEN, READER_OF_LINES, "product:sales.orders"} <= set(lit)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('[data-node]').dataset.node") == HIDDEN
    name = hidden.get_by_role("button").get_attribute("aria-label")
    assert name.endswith("downstream. You may not see these; ask the platform team.")


def test_a_view_with_hidden_nodes_is_accessible(consumer: Person) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_explorer(consumer, START)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Fit").click()
    page.locator(card(HIDDEN)).get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.locator("#panel").wait_for()
    page.locator("h1").hover()
    page.evaluate("document.querySelector('.live svg > rect').remove()")  # dims on purpose

    looks = (("light", 1440), ("dark", 1440), ("dark", 390))
    assert [fault for each in looks for fault in look(consumer, Axe(), *each)] == []
