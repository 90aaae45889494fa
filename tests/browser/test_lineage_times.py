"""What the explorer takes at 5, 50, 150 and 500 cards; prints a table, and judges structure alone.

`./run test tests/browser/test_lineage_times.py -m nightly -n 0 -s`. Time that passed says something
on a quiet machine only; CPU time says something on a busy one too.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.browser.conftest import Portal
from tests.browser.painting import GROUNDS, HEADER, OPENED_CARDS, Ground, Meter
from tests.browser.person import Person
from tests.browser.test_lineage import open_explorer, sent

pytestmark = [pytest.mark.browser, pytest.mark.nightly]
TIMES = 20
STEPS = 60  # of a drag


@pytest.mark.parametrize("ground", GROUNDS, ids=lambda ground: str(ground.cards))
def test_opening_zooming_and_dragging(portal: Portal, chromium: Any, ground: Ground) -> None:
    space = sent(portal, list(ground.jobs()))
    person = Person(chromium, portal, "steward")
    page = open_explorer(person, ground.path(space))
    count = page.locator("#lineage-count")
    leaves = {f"dataset:{space}:{name}" for name in ground.leaves()}

    meter, rows = Meter(page), [f"\n{ground.cards} cards, first frame: {first_frame(page)} ms"]
    for name, prepare in (("as it opens", meter.rest), ("all in the window", meter.fit)):
        prepare()
        rows += [series.row() for series in meter.zooms(TIMES, name)]
        prepare()
        rows.append(meter.pan(STEPS, name).row())
        rows += [series.row() for series in meter.expansions(leaves, TIMES, name)]

    sys.stdout.write("\n".join([rows[0], HEADER, *rows[1:]]) + "\n")
    assert count.inner_text() == f"{ground.cards} nodes drawn"  # all that was opened was folded
    page.keyboard.press("e")
    page.locator("#lineage-count", has_text=f"{ground.cards + OPENED_CARDS} nodes").wait_for()
    assert person.complaints == []
    person.context.close()


def first_frame(page: Any) -> int:
    """From the answer of the server to the painted drawing, ms."""
    painted = "performance.getEntriesByName('lineage:painted')"
    page.wait_for_function(f"{painted}.length")
    return round(page.evaluate(f"{painted}[0].duration"))
