"""A live page while the database is away."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psutil
import psycopg
import pytest

from tests.browser.conftest import Portal
from tests.browser.person import Person

pytestmark = pytest.mark.browser


@contextmanager
def database_away(portal: Portal) -> Iterator[None]:
    """Killed, and for so long nobody starts it again."""
    children = psutil.Process(portal.process.pid).children()
    (keeper,) = [each for each in children if "portal.ops.postgres_keeper" in each.cmdline()]
    (server,) = keeper.children()
    keeper.suspend()
    server.kill()
    yield
    keeper.resume()


@pytest.mark.skipif(
    os.environ.get("MESHPORT_EXTERNAL") == "1", reason="the database belongs to somebody else"
)
def test_a_live_page_outlives_the_database_and_goes_on(chromium: Any, portal: Portal):
    person = Person(chromium, portal, "owner")
    page = person.page
    with closing(psycopg.connect(portal.warehouse_url)) as other:
        other.execute("LOCK TABLE meshport.portal_fence")  # the job waits, until the database dies
        person.goto("/services/sandbox/new/")
        page.fill("[name=name]", "Outage")
        page.fill("[name=purpose]", "To see whether the page stays.")
        page.fill("[name=until]", str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)))
        page.get_by_role("button", name="Review").last.click()
        person.click("Send request")
        page.locator("main a[href*='/operations/']").first.click()
        page.locator("#poll").wait_for(state="attached")

        with database_away(portal):
            person.sees("The portal cannot answer just now")
            assert page.locator("main").count() == 1
            assert page.get_by_role("heading", name="outage").first.is_visible()

    page.get_by_text("The portal cannot answer just now").wait_for(state="detached")
    with page.expect_response(lambda answer: answer.ok and "after=" in answer.url):
        assert page.locator("#poll[hx-get]").count() == 1  # it goes on by itself
    person.context.close()
