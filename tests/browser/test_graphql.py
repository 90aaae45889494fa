"""The page at `/graphql/` with its scripts: suggest, send, mend, come back, copy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person

pytestmark = pytest.mark.browser

TYPO = "{\n  products(first: 2) {\n    edges { node { fqnn } }\n  }\n}"
SELECTED = "() => getSelection().toString() || document.activeElement.value.slice(\
document.activeElement.selectionStart, document.activeElement.selectionEnd)"


def test_a_query_is_written_mended_sent_and_found_again(chromium: Any, portal: Portal):
    person = Person(chromium, portal, "consumer", permissions=["clipboard-read", "clipboard-write"])
    page = person.page
    person.goto("/graphql/?example=products")
    query, words = page.locator("#query"), page.locator("#words [role=option]")

    with page.expect_response("**/graphql/"):  # the schema
        query.focus()
    query.fill("")
    query.press_sequentially("{ vie")
    words.first.wait_for()
    assert words.first.inner_text().startswith("viewer")
    page.keyboard.press("Enter")
    page.keyboard.type(" { usern")
    words.first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.type(" } }")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    person.sees("Cost 0 of 10,000")
    assert '"username": "consumer"' in page.locator("#answer").inner_text()
    assert person.complaints == []

    query.fill(TYPO)
    person.click("Send")
    person.click("Line 3, column 20")
    assert page.evaluate(SELECTED) == "fqnn"
    assert query.get_attribute("aria-invalid") == "true"

    page.locator("#variables").fill("{")
    person.click("Send")
    person.sees("The variables are not JSON")
    page.locator("#variables").fill('{"first": null}')
    person.click("Python")
    person.sees("Copied.")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert '"variables": {"first": None}' in copied
    assert "os.environ['MESHPORT_TOKEN']" in copied

    person.goto("/graphql/")
    page.locator("#past button", has_text="{ viewer").click()
    assert query.input_value() == "{ viewer { username } }"
    person.click("Forget all")
    assert page.locator("#past").is_hidden()
    person.context.close()


def test_the_schema_is_read_without_scripts(chromium: Any, portal: Portal):
    person = Person(chromium, portal, "consumer")
    state = person.context.storage_state()
    person.context.close()
    context = chromium.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()

    page.goto(f"{portal.url}/graphql/")
    page.fill("#find", "belowScore")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Products under score 80").click()

    assert "belowScore: $below" in page.locator("#query").input_value()
    context.close()
