"""The lineage explorer, as people drag, point, type and carry it away."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from catalog.lineage.layout import CARD_HEIGHT
from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import Script
from tests.browser.test_pages import look

pytestmark = pytest.mark.browser
ORDERS, LINES = "product:sales.orders", "product:sales.order-lines"
START = f"/lineage/?node={ORDERS}&depth=1"
CARDS = ".live [data-node]"
COUNT_SLIDES = """() => {
  window.slid = false;
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...all) {
    window.slid = true;
    return animate.apply(this, all);
  };
}"""
HUB_CHILDREN, GRANDCHILDREN, SOURCES = 19, 25, 5  # with the hub itself: 500


def card(node: str) -> str:
    return f'{CARDS[:-1]}="{node}"]'


@pytest.fixture
def owner(portal: Portal, chromium: Any) -> Iterator[Person]:
    person = Person(chromium, portal, "owner")
    yield person
    assert person.complaints == []
    person.context.close()


def open_explorer(person: Person, path: str = START) -> Any:
    person.goto(path)
    person.page.locator(CARDS).first.wait_for()
    return person.page


def shown(page: Any) -> list[str]:
    return sorted(each.get_attribute("data-node") for each in page.locator(CARDS).all())


def says(page: Any, text: str) -> None:
    page.locator("#lineage-said", has_text=re.compile(text)).wait_for()


def middle(page: Any, node: str) -> tuple[float, float]:
    box = page.locator(card(node)).bounding_box()
    return box["x"], box["y"]


def test_a_card_opens_where_it_stands_and_folds_again(owner: Person) -> None:
    page = open_explorer(owner)
    page.get_by_role("button", name="Fit").click()
    before, place = shown(page), middle(page, LINES)

    page.locator(card(LINES)).get_by_role("button", name=re.compile("more downstream")).click()
    says(page, r"cards? added downstream of Order Lines")

    assert set(before) < set(shown(page))
    page.wait_for_timeout(300)  # the cards have come to rest
    assert middle(page, LINES) == pytest.approx(place, abs=1)
    page.get_by_role("button", name="Fold what is downstream of Order Lines").click()
    says(page, "cards? folded")
    assert shown(page) == before


def test_the_address_holds_the_view_and_back_returns(owner: Person) -> None:
    page = open_explorer(owner)
    page.locator(card(LINES)).get_by_role("link").focus()
    page.keyboard.press("e")
    says(page, "added")
    page.get_by_label("Filter by name").fill("order")
    page.get_by_label("Hide systems").check()
    page.locator(card(LINES)).get_by_role("link").click()
    expected, url = shown(page), page.url

    page.goto(url)
    page.locator(card(LINES)).wait_for()

    assert shown(page) == expected
    assert not any(node.startswith("system:") for node in expected)
    assert page.get_by_label("Filter by name").input_value() == "order"
    assert page.locator("#panel h2").inner_text() == "Order Lines"
    page.get_by_role("button", name="Make it the focus").click()
    page.get_by_role("heading", level=1, name="Lineage of Order Lines").wait_for()
    assert LINES in shown(page)
    page.go_back()
    page.get_by_role("heading", level=1, name="Lineage of Orders").wait_for()
    assert page.url == url
    assert shown(page) == expected


def test_a_choice_answers_at_once_and_back_undoes_it(owner: Person) -> None:
    page = open_explorer(owner)
    before = shown(page)

    page.select_option("#depth", "3")
    page.wait_for_url("**depth=3*")
    page.locator("#lineage-count", has_text=re.compile(rf"^(?!{len(before)} )")).wait_for()
    further = shown(page)
    page.locator("#lineage-view").get_by_role("link", name="Datasets").click()
    page.locator(f'{CARDS}[data-node^="dataset:"]').first.wait_for()
    page.go_back()
    page.locator(card(ORDERS)).wait_for()

    assert set(before) < set(further) == set(shown(page))
    assert page.locator("#depth").input_value() == "3"


def test_pointing_lights_the_whole_path_and_dims_the_rest(owner: Person) -> None:
    page = open_explorer(owner, f"/lineage/?node={ORDERS}")

    page.locator(card(LINES)).get_by_role("link").hover()

    lit = page.locator(f"{CARDS}.on").evaluate_all("all => all.map(each => each.dataset.node)")
    assert {ORDERS, LINES, "system:sales.web-shop"} <= set(lit) < set(shown(page))
    assert page.locator(".live path.on").count() >= 2
    page.locator("h1").hover()
    page.locator(".live.lit").wait_for(state="detached")


def test_the_keyboard_walks_opens_and_returns(owner: Person) -> None:
    page = open_explorer(owner)
    focused = "document.activeElement.closest('[data-node]')?.dataset.node"
    page.locator(card(ORDERS)).get_by_role("link").focus()

    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused).startswith("system:")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == ORDERS
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate(focused)
    assert page.locator(f'{CARDS} [tabindex="0"]').first.evaluate(focused) == chosen
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "chosen"
    page.keyboard.press("Escape")
    assert page.locator("#panel").count() == 0
    assert page.evaluate(focused) == chosen
    for key in ("-", "0", "+"):
        before = page.locator(".lin").get_attribute("style")
        page.keyboard.press(key)
        assert page.locator(".lin").get_attribute("style") != before


def test_columns_open_in_place_and_light_their_path(owner: Person) -> None:
    page = open_explorer(owner)

    for node in (ORDERS, LINES):
        page.locator(card(node)).get_by_role("link").focus()
        page.keyboard.press("c")
        page.locator(f"{card(node)} [data-row]").first.wait_for()
    row = page.locator(f"{card(ORDERS)} [data-row]", has_text="order_id").first
    row.get_by_role("button").hover()

    assert page.locator(".live path.col.on").count() >= 1
    assert page.locator(f"{card(LINES)} [data-row].on").count() >= 1
    rows, url = page.locator(f"{CARDS} [data-row]").count(), page.url
    page.goto(url)
    page.locator(f"{card(LINES)} [data-row]").first.wait_for()
    assert page.locator(f"{CARDS} [data-row]").count() == rows
    page.get_by_role("button", name="Hide columns of Orders").click()
    page.locator(f"{card(ORDERS)} [data-row]").first.wait_for(state="detached")


def test_the_files_hold_exactly_what_is_drawn(owner: Person) -> None:
    page = open_explorer(owner)

    files = {}
    for role, name in (("link", "CSV"), ("button", "SVG"), ("button", "PNG")):
        with page.expect_download() as download:
            page.get_by_role(role, name=name, exact=True).click()
        files[name] = Path(download.value.path()).read_bytes()

    rows = list(csv.DictReader(files["CSV"].decode().splitlines()))
    assert sorted(row["id"] for row in rows) == shown(page)
    picture = ElementTree.fromstring(files["SVG"])
    texts = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Orders", "Order Lines"} <= texts
    assert files["PNG"].startswith(b"\x89PNG")


def test_the_table_says_the_same_nearest_first(owner: Person) -> None:
    page = open_explorer(owner)
    page.locator("#table summary").click()

    rows = page.locator("#table tbody tr")
    rows.nth(len(shown(page)) - 1).wait_for()

    assert rows.count() == len(shown(page))
    assert rows.first.locator("th").inner_text() == "Orders"
    steps = [int(text) for text in page.locator("#table td.num").all_inner_texts()]
    assert steps == sorted(steps)


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_cards_slide_but_for_those_who_want_less_motion(
    owner: Person, motion: str, moves: bool
) -> None:
    owner.page.emulate_media(reduced_motion=motion)
    page = open_explorer(owner)
    page.evaluate(COUNT_SLIDES)

    page.locator(card(LINES)).get_by_role("link").focus()
    page.keyboard.press("e")
    says(page, "added")

    assert page.evaluate("window.slid") is moves


def test_the_opened_view_is_accessible(owner: Person) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_explorer(owner, f"{START}&selected={LINES}")
    page.emulate_media(reduced_motion="reduce")
    page.locator("h1").hover()

    looks = (("light", 1440), ("dark", 1440), ("dark", 390))
    # what is not on the path of the chosen card is dimmed on purpose
    page.evaluate("document.querySelector('.live svg > rect').remove()")
    assert [fault for each in looks for fault in look(owner, Axe(), *each)] == []


def test_a_phone_begins_with_the_list_and_pans_by_touch(portal: Portal, chromium: Any) -> None:
    person = Person(chromium, portal, "owner", 390, has_touch=True, is_mobile=True)
    page = open_explorer(person)

    assert page.locator("#table").get_attribute("open") is not None
    assert page.locator("#table").bounding_box()["y"] < page.locator(".live").bounding_box()["y"]
    page.get_by_role("link", name="Go to the drawing").tap()
    before = page.locator(".lin").get_attribute("style")
    box = page.locator(".live").bounding_box()
    touch = page.context.new_cdp_session(page)
    start = {"x": box["x"] + 100, "y": box["y"] + 60}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
    for step in (20, 60):
        point = {"x": start["x"] + step, "y": start["y"] + step}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.locator(".lin").get_attribute("style") != before
    assert person.complaints == []
    person.context.close()


def test_without_script_the_server_draws(portal: Portal, chromium: Any) -> None:
    person = Person(chromium, portal, "owner", java_script_enabled=False)
    page = person.page
    person.goto(START)

    page.locator(".canvas .node", has_text="Order Lines").wait_for()
    assert not page.get_by_label("Filter by name").is_visible()
    page.select_option("#direction", "upstream")
    person.click("Show")
    page.locator(".canvas .node", has_text="Web Shop").wait_for()
    assert page.locator(".canvas .node", has_text="Order Lines").count() == 0
    person.context.close()


@pytest.fixture(scope="module")
def hub(portal: Portal) -> str:
    """A dataset with 500 others within two steps, by events as a job sends them."""
    children = [f"child-{n}" for n in range(HUB_CHILDREN)]
    jobs = [([f"source-{n}" for n in range(SOURCES)], ["hub"]), (["hub"], children)]
    jobs += [([child], [f"{child}-{n}" for n in range(GRANDCHILDREN)]) for child in children]
    return f"dataset:{sent(portal, jobs)}:hub"


def sent(portal: Portal, jobs: list[tuple[list[str], list[str]]]) -> str:
    """The namespace of datasets that these jobs read and write."""
    space, script = f"space-{uuid4().hex[:6]}", Script(portal, "steward")
    script.token = portal.run("token", "steward", "--scope", "lineage:write", "--scope", "read")
    events = [event(space, n, *job) for n, job in enumerate(jobs)]
    script.send("lineage/batch", json.dumps(events).encode(), "application/json")
    return space


def places(page: Any) -> list[tuple[float, float]]:
    """Left and top of each card in the drawing, px."""
    placed = "all => all.map(each => [parseFloat(each.style.left), parseFloat(each.style.top)])"
    return [(x, y) for x, y in page.locator(CARDS).evaluate_all(placed)]


def overlaps(found: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Cards whose neighbour above in the same column ends below their top."""
    columns: dict[float, list[float]] = {}
    for x, y in found:
        columns.setdefault(x, []).append(y)
    near = [(x, y, z) for x, ys in columns.items() for y, z in pairwise(sorted(ys))]
    return [(x, z) for x, y, z in near if z - y < CARD_HEIGHT]


def event(space: str, n: int, inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {
        "eventType": "COMPLETE",
        "eventTime": "2026-11-20T10:00:00Z",
        "producer": "https://example.org/job",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
        "run": {"runId": str(uuid4())},
        "job": {"namespace": space, "name": f"job-{n}"},
        "inputs": [{"namespace": space, "name": name} for name in inputs],
        "outputs": [{"namespace": space, "name": name} for name in outputs],
    }


def test_500_cards_are_all_drawn(portal: Portal, chromium: Any, hub: str) -> None:
    person = Person(chromium, portal, "steward")
    children = [hub.replace("hub", f"child-{n}") for n in range(HUB_CHILDREN)]
    opened = "".join(f"&down={quote(child, safe='')}" for child in children)

    page = open_explorer(person, f"/lineage/?node={quote(hub)}&level=dataset&depth=1{opened}")

    page.locator("#lineage-count", has_text="500 nodes drawn").wait_for()
    near = shown(page)  # the others are put in the page when they come near
    assert len(near) < 150
    assert page.locator(".live path").count() == 499
    page.locator("#table summary").click()
    page.locator("#table tbody tr").nth(499).wait_for()
    assert page.locator("#table tbody tr").count() == 500
    assert page.locator(".map").is_visible()
    page.get_by_role("button", name="Fit").click()
    assert len(shown(page)) == len(set(shown(page))) == 500
    assert page.locator(f'{CARDS}[aria-setsize="500"]').count() == 500
    assert overlaps(places(page)) == []
    view = page.locator(".live").bounding_box()
    boxes = [each.bounding_box() for each in page.locator(CARDS).all()[::50]]
    assert all(view["y"] <= box["y"] <= view["y"] + view["height"] for box in boxes)
    measured = "performance.getEntriesByType('measure').map(each => each.name)"
    assert set(page.evaluate(measured)) == {"lineage:drawn", "lineage:painted"}
    assert person.complaints == []
    person.context.close()


def test_the_keyboard_and_a_drag_bring_in_what_is_out_of_sight(
    portal: Portal, chromium: Any, hub: str
) -> None:
    person = Person(chromium, portal, "steward")
    children = [hub.replace("hub", f"child-{n}") for n in range(HUB_CHILDREN)]
    opened = "".join(f"&down={quote(child, safe='')}" for child in children)
    page = open_explorer(person, f"/lineage/?node={quote(hub)}&level=dataset&depth=1{opened}")
    focused = "document.activeElement.closest('[data-node]')?.dataset.node"

    page.locator(f"{card(hub)} a").focus()
    page.keyboard.press("ArrowRight")
    seen = set(shown(page))
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    lowest = page.evaluate(focused)
    view, box = page.locator(".live").bounding_box(), page.locator(card(lowest)).bounding_box()
    before = set(shown(page))
    page.mouse.move(view["x"] + 60, view["y"] + 60)
    page.mouse.down()
    page.mouse.move(view["x"] + 60, view["y"] + 900, steps=6)
    page.mouse.up()

    assert lowest not in seen  # it was not in the page yet
    assert view["y"] <= box["y"] <= view["y"] + view["height"] - box["height"]
    assert set(shown(page)) - before
    in_order = page.locator(f'{CARDS}:has(a[tabindex="0"])')
    assert in_order.evaluate_all("all => all.map(each => each.dataset.node)") == [lowest]
    assert person.complaints == []
    person.context.close()


def test_a_cycle_and_a_shortcut_are_drawn_around_the_cards(portal: Portal, chromium: Any) -> None:
    jobs = [(["a"], ["b"]), (["b"], ["c"]), (["c"], ["d"]), (["c"], ["a"]), (["a"], ["d"])]
    space = sent(portal, jobs)
    person = Person(chromium, portal, "steward")

    page = open_explorer(person, f"/lineage/?node=dataset:{space}:a&level=dataset&depth=3")

    assert shown(page) == [f"dataset:{space}:{name}" for name in "abcd"]
    ways = page.locator(".live path").evaluate_all("all => all.map(way => way.getAttribute('d'))")
    assert len(ways) == 5
    assert not any("NaN" in way for way in ways)
    assert overlaps(places(page)) == []
    page.locator(card(f"dataset:{space}:b")).get_by_role("link").hover()
    assert page.locator(f"{CARDS}.on").count() == 4  # a cycle leads everywhere
    assert person.complaints == []
    person.context.close()
