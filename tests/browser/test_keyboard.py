"""The keyboard: the palette, the list of shortcuts, and jumps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person

pytestmark = pytest.mark.browser


def test_the_palette_leads_to_a_product_and_remembers_pages(chromium: Any, portal: Portal):
    person = Person(chromium, portal, "consumer")
    page = person.page
    person.goto("/glossary/")
    person.goto("/teams/")

    page.keyboard.press("Control+k")
    recent = page.locator("#gos [aria-label=Recent] [role=option]")
    recent.first.wait_for()
    assert recent.first.inner_text() == "Glossary"
    page.keyboard.type("orders")
    page.get_by_role("option", name="Ask for access to Orders", exact=False).first.wait_for()
    page.keyboard.press("Enter")

    page.wait_for_url("**/products/sales.orders/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert person.complaints == []
    person.context.close()


def test_letters_jump_and_a_question_mark_lists_them(chromium: Any, portal: Portal):
    person = Person(chromium, portal, "consumer")
    page = person.page

    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("m")
    assert page.url == f"{portal.url}/"  # the dialog keeps the keys
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/marketplace/")
    page.fill("#q", "gr")
    assert page.input_value("#q") == "gr"  # letters that are typed jump nowhere
    assert person.complaints == []
    person.context.close()
