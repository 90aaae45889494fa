"""The main pages, wide and on a phone, light and dark: quiet, within the window, axe clean."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from core.outbound.signing import new_secret
from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.browser.script import Script

pytestmark = pytest.mark.browser
# light on a phone adds nothing: the others have its markup and its colours
LOOKS = (("light", 1440), ("dark", 1440), ("dark", 390))
TABS = ("overview", "schema", "quality", "lineage", "contract", "access", "activity")
PAGES = [
    "/",
    "/palette/?q=ord",
    "/notifications/",
    "/marketplace/?q=order+id",
    "/marketplace/?q=zzqqzz",
    "/marketplace/?view=cards&status=active&order=score",
    "/marketplace/compare/?p=sales.orders&p=sales.order-lines",
    "/marketplace/saved/?query=q%3Dorder",
    *(f"/products/sales.orders/?tab={tab}" for tab in TABS),
    "/products/sales.orders/?tab=quality&days=365&outcome=pass",
    "/domains/sales/quality/",
    "/domains/sales/quality/weights/",
    "/demands/",
    "/demands/new/?title=churn",
    "/lineage/",
    "/lineage/?node=product:sales.orders",
    "/lineage/unmatched/",
    "/lineage/unmatched/?q=zzqqzz",
    "/lineage/namespaces/",
    "/lineage/edges/new/?source=product:sales.orders",
    "/lineage/?node=product:sales.orders&depth=1&down=product:sales.order-lines",
    "/services/",
    "/services/register/?example=1",
    "/services/data-product-postgresql/",
    "/services/data-product-postgresql/?tab=versions",
    "/services/data-product-postgresql/?tab=made",
    "/services/data-product-postgresql/new/",
    "/services/output-port/new/",
    "/services/sandbox/new/",
    "/services/repository/new/",
    "/requests/",
    "/approvals/",
    "/approvals/deputies/",
    "/approvals/rules/",
    "/approvals/rules/new/",
    "/access/",
    "/access/list/",
    "/recertifications/",
    "/recertifications/new/",
    "/resources/",
    "/operations/",
    "/operations/?show=stuck",
    "/targets/",
    "/targets/new/",
    "/targets/new/?driver=postgres",
    "/targets/new/?driver=webhook",
    "/targets/new/?driver=git",
    "/targets/new/?driver=s3",
    "/domains/",
    "/domains/sales/",
    "/domains/sales/edit/",
    "/teams/",
    "/teams/sales-data/",
    "/incidents/",
    "/incidents/?state=all&team=sales-data",
    "/incidents/?product=nothing",
    "/products/sales.orders/incidents/new/",
    "/products/sales.orders/quality-settings/",
    "/policies/",
    "/classification/",
    "/glossary/",
    "/systems/",
    "/products/sales.orders/edit/",
    "/products/sales.orders/deprecate/",
    "/products/sales.orders/retire/",
    "/products/sales.orders/hand-over/",
    "/products/sales.orders/revisions/1/revert/",
    "/products/sales.orders/ports/orders/1/",
    "/policies/new/",
    "/glossary/new/",
    "/products/sales.orders/announcements/new/",
    "/settings/tokens/",
    "/settings/service-accounts/",
    "/settings/notifications/",
    "/settings/webhooks/",
    "/settings/webhooks/new/",
    "/graphql/",
]

VIOLATIONS = "axe.run({resultTypes: ['violations']}).then(each => each.violations)"


@pytest.fixture(scope="module")
def owner(portal: Portal, chromium: Any) -> Person:
    person = Person(chromium, portal, "owner")
    person.page.emulate_media(reduced_motion="reduce")
    return person


@pytest.fixture(scope="module")
def axe(chromium: Any) -> Any:
    """Installed where Playwright is; without it `chromium` has skipped or failed the test."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_quiet_inside_the_window_and_accessible(
    owner: Person, axe: Any, path: str
) -> None:
    owner.goto(path)

    faults = [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)]

    assert faults == []
    assert owner.complaints == []
    assert owner.page.locator("h1").count() == 1
    assert owner.page.locator(".btn.main:visible").count() <= 1


def test_the_pages_of_a_target_are_too(owner: Person, axe: Any, portal: Portal) -> None:
    Script(portal, "owner").post(
        "targets",
        slug="looked-at",
        name="Looked at",
        driver="webhook",
        team="sales-data",
        config={"url": "https://10.0.0.1/"},  # inside: no call is made
        secrets={"signing_secret": new_secret()},
        save_anyway=True,
    )
    for page in ("", "edit/", "retire/"):
        owner.goto(f"/targets/looked-at/{page}")
        assert [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)] == []
    assert owner.complaints == []


def test_the_page_of_an_incident_is_too(owner: Person, axe: Any) -> None:
    owner.goto("/incidents/?state=all")
    owner.page.locator("tbody th a").first.click()
    owner.page.locator("#timeline").wait_for()

    assert [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)] == []


def test_the_page_of_a_check_is_too(owner: Person, axe: Any) -> None:
    owner.goto("/products/sales.orders/?tab=quality")
    owner.page.locator("#check-list tbody a").first.click()
    owner.page.wait_for_url("**/checks/*/")

    faults = [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)]

    assert faults == []
    assert owner.complaints == []
    assert owner.page.locator("h1").count() == 1


def test_a_sandbox_is_asked_for_entered_and_its_page_is_too(owner: Person, axe: Any) -> None:
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=20)
    owner.goto("/services/sandbox/new/")
    for name, value in {"name": "Looks", "purpose": "See how it looks.", "until": until}.items():
        owner.page.fill(f"[name={name}]", str(value))
    owner.click("Review")
    owner.page.locator("form button.main").last.click()
    owner.click("Open it", role="link")
    faults = [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)]
    owner.click("Make my login")
    owner.click("Show password once")
    faults += [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)]
    dsn = owner.page.locator("#dsn").inner_text()

    with psycopg.connect(dsn) as mine:
        assert mine.execute("CREATE TABLE t AS SELECT 1 AS n").rowcount == 1
    owner.click("I have kept it", role="link")
    owner.sees("and is not kept here")
    faults += [fault for theme, width in LOOKS for fault in look(owner, axe, theme, width)]
    assert faults == []
    assert owner.complaints == []
    assert owner.page.locator(".btn.main:visible").count() <= 1


def test_checks_are_filtered_as_one_types(owner: Person) -> None:
    owner.page.set_viewport_size({"width": 1440, "height": 900})
    owner.goto("/products/sales.orders/?tab=quality")
    before = owner.page.locator("#check-list tbody tr").count()

    owner.page.locator("#check-q").press_sequentially("zzqqzz")
    owner.page.get_by_text("No check is like that.").wait_for()
    assert "q=zzqqzz" in owner.page.url
    assert owner.page.locator("#check-q").evaluate("each => each === document.activeElement")
    owner.page.go_back()
    owner.page.locator("#check-list tbody tr").first.wait_for()

    assert owner.page.locator("#check-list tbody tr").count() == before
    assert owner.complaints == []


def look(person: Person, axe: Any, theme: Any, width: int) -> list[str]:
    """What is wrong at one width in one theme."""
    page = person.page
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    where = f"{theme} {width} px"
    if not page.evaluate("'axe' in window"):  # once a page: it is half a megabyte
        page.evaluate(axe.axe_script)
    violations = page.evaluate(VIOLATIONS)
    faults = [
        f"{where}: {rule['id']} {[node['target'] for node in rule['nodes']]}" for rule in violations
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return faults + ([f"{where}: {wide} px wide"] if wide > width else [])
