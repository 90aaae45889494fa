"""The pages of a product's quality: every number leads on, nothing unseen is told."""

import csv
import datetime as dt
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.actors import system_actor
from catalog.contracts.models import QualityRule
from catalog.products.models import DataProduct
from catalog.quality.models import CheckResult, Incident, QualityCheck, ScoreSnapshot
from catalog.quality.services import (
    ResultData,
    keep_months,
    record_results,
    share_badge,
)
from catalog.quality.states import Origin
from tests.catalog.quality.telling import say, tab
from tests.factories import (
    PortFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db


def listed(page):
    """Names in the table of checks, in their order."""
    table = page[page.index('id="check-list"') :]
    return re.findall(
        r'<tr><th scope="row"[^>]*><a href="[^"]*/checks/\d+/"><strong>([^<]*)<', table
    )


def test_what_fails_stands_first(reader, port, checks):
    say(checks["no gaps"])
    say(checks["fresh"], "warn")
    say(checks["unique keys"], "fail", failed=10)

    assert listed(tab(reader, port)) == ["unique keys", "fresh", "no gaps"]


def test_the_sum_that_is_shown_has_no_rest(reader, port, checks):
    say(checks["no gaps"], "fail", failed=10)
    say(checks["fresh"], "fail", failed=10)
    say(checks["unique keys"], "fail", failed=11)

    page = tab(reader, port)

    card = page[page.index('id="why"') : page.index('id="dimensions"')]
    shown = [float(each) for each in re.findall(r">−([\d.]+)<", card)]
    total = float(re.search(r"Score</b><b class=\"end\">([\d.]+)<", card)[1])
    assert total == 89.6
    assert round(100 - sum(shown), 6) == total
    assert f"/checks/{checks['unique keys'].pk}/" in card


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"q": "key"}, ["unique keys"]),
        ({"q": "UNIQUE keys"}, ["unique keys"]),
        ({"q": "%"}, []),
        ({"outcome": "fail"}, ["unique keys"]),
        ({"outcome": "never"}, ["fresh"]),
        ({"dimension": "completeness"}, ["no gaps"]),
        ({"dimension": "nothing"}, []),
        ({"port": "table@1"}, ["unique keys", "fresh", "no gaps"]),
        ({"port": "table@2"}, []),
        ({"origin": "dbt"}, ["unique keys", "fresh", "no gaps"]),
        ({"origin": "contract"}, []),
        ({"outcome": "fail", "dimension": "completeness"}, []),
    ],
)
def test_checks_are_narrowed(reader, port, checks, asked, names):
    say(checks["no gaps"])
    say(checks["unique keys"], "fail", failed=10)

    page = tab(reader, port, **asked)

    assert listed(page) == names
    assert ("Show all" in page) == (not names)


def test_pages_of_checks_follow_each_other_without_a_gap(reader, port):
    rows = [
        QualityCheck(port=port, key=f"dbt:{n}", name=f"check {n:02}", dimension="accuracy")
        for n in range(60)
    ]
    QualityCheck.objects.bulk_create(rows)
    for check in rows[::7]:
        say(check, "fail", failed=1)
    seen, page = [], tab(reader, port)
    while True:
        seen += listed(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if not following:
            break
        page = reader.get(following[1].replace("&amp;", "&")).content.decode()

    assert sorted(seen) == [each.name for each in rows]
    assert seen[:9] == [each.name for each in rows[::7]]


@pytest.mark.parametrize("days", ["30", "90", "365", "7", "x", ""])
def test_a_trend_has_one_of_three_lengths(reader, port, checks, days):
    say(checks["no gaps"])
    for ago in (1, 20, 80):
        day = timezone.now().date() - dt.timedelta(days=ago)
        port.product.score_snapshots.create(day=day, score=90, coverage=1)

    page = tab(reader, port, days=days)

    length = days if days in {"30", "90", "365"} else "90"
    assert f"Score in the last {length} days" in page


def test_a_day_without_a_score_that_held_breaks_the_line(reader, port, checks):
    say(checks["no gaps"])
    for ago in (1, 2, 6, 7):
        day = timezone.now().date() - dt.timedelta(days=ago)
        port.product.score_snapshots.create(day=day, score=90, coverage=1)

    page = tab(reader, port)

    assert "3 days without a score that held" in page
    assert re.search(r'<path class="now" d="([^"]+)"', page)[1].count("M") == 2


def test_a_score_that_is_out_of_date_says_so(reader, port, checks):
    say(checks["no gaps"], ago=dt.timedelta(days=9))

    assert "Out of date" in tab(reader, port)


def test_without_a_contract_or_without_rules_the_page_says_why(reader, port):
    assert "states no rule" in tab(reader, port)

    port.contract_version = port.contract = None
    port.save()

    assert "No contract, so nothing to measure" in tab(reader, port)


def test_checks_that_never_ran_are_no_score(reader, port, checks):
    page = tab(reader, port)

    assert "Not measured yet" in page
    assert "None of its rules has a result" in page


def test_the_description_is_a_number_of_its_own_with_what_to_do(owner, reader, port, checks):
    DataProduct.objects.update(purpose="Orders", description="All orders")
    say(checks["no gaps"])

    page = tab(owner, port)

    assert "30 %" in page  # purpose, description, contract
    assert f'<a href="/products/{port.product.fqn}/edit/">Steward</a>' in page
    assert "/edit/" not in tab(reader, port)


def test_a_check_tells_where_it_comes_from_and_what_it_said(owner, port, team):
    rule = QualityRule.objects.create(
        version=port.contract_version,
        pointer="/schema/0/quality/0",
        type="library",
        metric="nullValues",
        operator="mustBe",
        threshold=0,
    )
    check = QualityCheck.objects.create(
        port=port,
        key=rule.pointer,
        origin=Origin.CONTRACT,
        pointer=rule.pointer,
        name="Null values in id",
        dimension="completeness",
        definition={
            "metric": "nullValues",
            "property": "id",
            "operator": "mustBe",
            "threshold": 0,
            "unit": "rows",
            "type": "library",
        },
    )
    say(check, ago=dt.timedelta(days=1))
    say(check, "fail", failed=7, value=7.0, message="7 rows have no id")

    page = owner.get(f"/products/{port.product.fqn}/checks/{check.pk}/").content.decode()

    assert "Null values of id must be 0 rows." in page
    address = port.contract.get_absolute_url()
    assert f'{address}?version={port.contract_version.version}#rule-{rule.pk}"' in page
    assert "7 rows have no id" in page
    assert "Share of rows that pass" in page
    assert "93 %" in page
    contract = owner.get(address).content.decode()
    assert f'id="rule-{rule.pk}"' in contract


def test_results_of_a_check_are_paged_and_exported(reader, port, checks):
    check = checks["no gaps"]
    now = timezone.now()
    record_results(
        source="dbt",
        results=[
            ResultData(check.pk, "fail", now - dt.timedelta(days=ago), 100, ago, None, "=1+1")
            for ago in range(60)
        ],
    )
    keep_months()
    url = f"/products/{port.product.fqn}/checks/{check.pk}/"
    pages, page = 1, reader.get(url).content.decode()
    while following := re.search(r'href="([^"]+)" rel="next"', page):
        page = reader.get(following[1].replace("&amp;", "&")).content.decode()
        pages += 1
    answer = reader.get(f"{url}results.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))

    assert pages == 3
    assert [int(each["failed"]) for each in rows] == list(range(60))
    assert rows[0]["message"] == "'=1+1"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("tail", ["", "results.csv"])
def test_a_check_of_another_product_is_not_found(reader, port, checks, tail):
    other = PortFactory(product=ProductFactory())
    check = QualityCheck.objects.create(port=other, key="a", name="Secret", dimension="accuracy")

    answer = reader.get(f"/products/{port.product.fqn}/checks/{check.pk}/{tail}")

    assert answer.status_code == 404
    assert b"Secret" not in answer.content


def test_a_bad_cursor_is_refused(reader, port, checks):
    page = reader.get(port.product.get_absolute_url(), {"tab": "quality", "cursor": "x"})
    check = checks["no gaps"]
    say(check)
    other = reader.get(f"/products/{port.product.fqn}/checks/{check.pk}/?cursor=WzFd")

    assert (page.status_code, other.status_code) == (422, 422)


def test_the_quality_tab_costs_eleven_statements(
    owner, port, checks, django_assert_max_num_queries
):
    for check in checks.values():
        say(check, "fail", failed=3)
    share_badge(product=port.product, actor=system_actor())
    owner.get("/domains/")

    with django_assert_max_num_queries(11):
        tab(owner, port)


def test_results_in_many_months_are_not_read_by_the_tab(reader, port, checks):
    """Everything on the tab comes of the checks and the points, however many results there are."""
    say(checks["no gaps"])
    reader.get("/domains/")
    with CaptureQueriesContext(connection) as context:
        tab(reader, port)

    table = CheckResult._meta.db_table
    assert not [each["sql"] for each in context if table in each["sql"]]


def test_the_trend_marks_incidents_with_their_address(owner, port, checks):
    say(checks["no gaps"], "fail", failed=3)
    today = timezone.now().date()
    for ago in (3, 2, 1):
        ScoreSnapshot.objects.create(
            product=port.product, day=today - dt.timedelta(days=ago), score=90, coverage=1
        )
    incident = Incident.objects.create(
        product=port.product,
        cause="manual",
        title="Orders of Tuesday are missing",
        broke_at=timezone.now() - dt.timedelta(days=2),
    )

    drawn = tab(owner, port).partition("<svg")[2]

    assert "Orders of Tuesday are missing" in drawn
    assert incident.get_absolute_url() in drawn


def test_losses_name_their_port_where_there_are_several(reader, port, checks):
    other = PortFactory(product=port.product, name="events", contract=port.contract)
    twin = QualityCheck.objects.create(port=other, key="dbt:no gaps", name="no gaps")
    assert '<code class="hint">' not in tab(reader, port)
    say(checks["no gaps"], "fail", failed=10)
    say(twin, "fail", failed=20)

    page = tab(reader, port)

    why = page[page.index('id="why"') : page.index('id="dimensions"')]
    assert '<code class="hint">table@1</code>' in why
    assert '<code class="hint">events@1</code>' in why
