"""One check: run from its row and its page, shown as its contract writes it, or told why not."""

import datetime as dt

import pytest
from django.utils import timezone

from catalog.contracts.models import DataContract
from catalog.quality.models import QualityCheck
from catalog.quality.services import sync_checks
from catalog.quality.states import Origin
from tests.catalog.quality.telling import tab
from tests.catalog.quality.test_pages import listed
from tests.catalog.quality.test_rules import column, contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def runnable(port):
    """A check that the portal runs; it is not due."""
    return QualityCheck.objects.create(
        port=port,
        key="rowCount:orders",
        name="Enough rows",
        origin=Origin.CONTRACT,
        runnable=True,
        due_at=timezone.now() + dt.timedelta(hours=1),
    )


def test_one_check_is_run_from_its_row_and_from_its_page(owner, port, checks, runnable):
    verb = f"{port.product.get_absolute_url()}checks/{runnable.pk}/run/"
    page = tab(owner, port)
    assert page.count('action="' + verb) == 1  # those of other tools have no button
    assert "Run Enough rows now" in page

    from_row = owner.post(verb, {"back": "tab"}, follow=True)

    assert from_row.redirect_chain[0][0].endswith("?tab=quality#checks")
    assert "“Enough rows” runs now." in from_row.content.decode()
    runnable.refresh_from_db()
    assert runnable.due_at <= timezone.now()
    assert not QualityCheck.objects.filter(due_at__isnull=False).exclude(pk=runnable.pk).exists()

    again = owner.post(verb, follow=True)

    assert again.redirect_chain[0][0].endswith(f"/checks/{runnable.pk}/")
    assert "is at work, or gave its result a moment ago" in again.content.decode()
    assert "Run this check" in again.content.decode()


def test_a_check_that_the_portal_does_not_run_says_so_when_it_is_asked_to(owner, port, checks):
    verb = f"{port.product.get_absolute_url()}checks/{checks['fresh'].pk}/run/"

    told = owner.post(verb, follow=True).content.decode()

    assert "The portal does not run this check. Another tool sends its results." in told
    assert "Run this check" not in told


def test_a_reader_cannot_run_a_check(reader, port, runnable):
    verb = f"{port.product.get_absolute_url()}checks/{runnable.pk}/run/"

    assert reader.post(verb).status_code == 403
    assert verb not in tab(reader, port)
    runnable.refresh_from_db()
    assert runnable.due_at > timezone.now()


def test_the_page_of_a_check_shows_the_rule_as_the_contract_writes_it(owner, reader, port):
    rule = {"type": "sql", "query": "SELECT count(*) FROM ${table}", "mustBe": 0, "name": "Odd"}
    described = contract(column(required=True), rules=[rule])
    version = port.contract_version
    version.document = described
    version.save()
    sync_checks(port=port)
    stated, implied = (
        QualityCheck.objects.get(port=port, origin=origin) for origin in ("contract", "implied")
    )
    page = port.product.get_absolute_url()

    told = owner.get(f"{page}checks/{stated.pk}/").content.decode()
    word = owner.get(f"{page}checks/{implied.pk}/").content.decode()

    assert "query: SELECT count(*) FROM ${table}" in told
    assert "mustBe: 0" in told
    assert 'aria-label="The rule in the contract">required: true</pre>' in word
    # nobody reads a contract here that he may not see there
    DataContract.objects.update(visibility="restricted")
    assert "SELECT count" not in reader.get(f"{page}checks/{stated.pk}/").content.decode()


def test_a_promise_without_a_column_is_listed_as_not_measured_with_the_mend(owner, port):
    version = port.contract_version
    version.document = contract(
        column("at", "timestamp"), slaProperties=[{"property": "latency", "value": 4, "unit": "h"}]
    )
    version.save()
    sync_checks(port=port)
    check = QualityCheck.objects.get(port=port)

    page = tab(owner, port)
    told = owner.get(f"{port.product.get_absolute_url()}checks/{check.pk}/").content.decode()

    assert listed(page) == ["data at most 4 hours old"]
    assert "Not measured" in page
    assert "Give the promise an “element”, as “orders.at”." in told
    assert port.product.quality_score is None
