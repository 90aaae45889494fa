"""Search: what is found, why, in which order, and with which counts."""

import datetime as dt

import pytest

from accounts.actors import system_actor
from catalog.search import services
from catalog.search.models import OFFERS, TRUSTED, SearchEntry
from catalog.search.selectors import SearchQueryData, find, suggest
from catalog.search.services import EntryData
from core.errors import Invalid
from tests.factories import DomainFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def entry(name: str, **values: object) -> None:
    given = {
        "kind": "product",
        "object_id": name,
        "fqn": f"sales.{name.lower().replace(' ', '-')}",
        "name": name,
        "domain_path": "sales",
        "domain_name": "Sales",
        "owner_team_id": 1,
        "owner_slug": "sales-data",
        "owner_name": "Sales Data",
        "status": "active",
        "visibility": "company",
        "listed": True,
        "url": "/x/",
        "updated_at": NOW,
    }
    services.index(EntryData(**{**given, **values}))  # type: ignore[arg-type]


def found(text: str = "", **values: object) -> list[str]:
    page = find(system_actor(), SearchQueryData(text=text, **values))  # type: ignore[arg-type]
    return [hit.name for hit in page.rows]


@pytest.mark.parametrize(
    "text", ["order id", "order_id", "orderId", "ORDER_ID", "orderid", "order i", "ord"]
)
@pytest.mark.parametrize("column", ["order_id", "orderId", "ORDER_ID"])
def test_a_column_is_found_however_it_is_written(column, text):
    entry("Returns", columns=[column, "article"])
    entry("Articles", columns=["article"])

    page = find(system_actor(), SearchQueryData(text=text))

    assert [hit.name for hit in page.rows] == ["Returns"]
    assert page.rows[0].matched is not None
    assert (page.rows[0].matched.kind, page.rows[0].matched.text) == ("column", column)


def test_all_words_are_required_and_only_the_last_one_may_be_a_beginning():
    entry("Net revenue", summary="By day and channel")

    assert found("net rev") == ["Net revenue"]
    assert found("net chan") == ["Net revenue"]
    assert found("ne revenue", is_literal=True) == []
    assert found("net margin", is_literal=True) == []


@pytest.mark.parametrize("text", ["'; drop table x; --", "a & | ! :*", "\\", "((", "'", "x':*A"])
def test_signs_of_the_query_language_are_only_text(text):
    entry("Orders")

    assert found(text) in ([], ["Orders"])


def test_exact_name_stands_before_beginning_and_mention():
    entry("Mentions", summary="about orders", consumers=500, score=100.0)
    entry("Orders of stores", consumers=50, score=100.0)
    entry("Orders")

    assert found("orders") == ["Orders", "Orders of stores", "Mentions"]


def test_without_a_text_the_most_trusted_come_first():
    entry("Draft", status="draft")
    entry("Good", score=95.0, consumers=3)
    entry("Unknown")

    assert found() == ["Good", "Unknown", "Draft"]


@pytest.mark.parametrize("order", ["rank", "name", "score", "updated", "consumers", "relevance"])
def test_pages_join_without_gap_or_repetition_in_every_order(order):
    for number in range(7):
        entry(f"Orders {number}", score=None if number % 3 else 50.0 + number)

    seen: list[str] = []
    cursor = None
    while True:
        query = SearchQueryData(text="orders", order=order, size=3, cursor=cursor)
        page = find(system_actor(), query)
        seen += [hit.name for hit in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert sorted(seen) == [f"Orders {number}" for number in range(7)]


@pytest.mark.parametrize(
    "bands",
    [("90",), ("75",), ("50",), ("0",), ("none",), ("0", "none"), ("90", "0"), ("x",), ("x", "75")],
)
def test_bands_of_scores_keep_the_same_rows_in_the_order_of_scores(bands):
    for score in (None, 0.0, 49.9, 50.0, 74.99, 75.0, 89.9, 90.0, 100.0):
        entry(f"Scored {score}", score=score)

    by_score = found(scores=bands, order="score", size=50)

    assert sorted(by_score) == sorted(found(scores=bands, order="name", size=50))
    known = [float(name.split()[1]) for name in by_score if "None" not in name]
    assert known == sorted(known, reverse=True)


def test_an_unknown_order_is_refused():
    with pytest.raises(Invalid, match="ordered"):
        found(order="random")


def test_a_facet_is_counted_as_if_it_were_not_chosen():
    entry("A", status="active", archetype="aggregate")
    entry("B", status="active", archetype="source-aligned")
    entry("C", status="deprecated", archetype="aggregate")

    page = find(system_actor(), SearchQueryData(statuses=("active",), archetypes=("aggregate",)))

    assert page.total == 1
    counts = {name: {v.value: v.count for v in page.facets[name]} for name in page.facets}
    assert counts["status"] == {"active": 1, "deprecated": 1}  # among aggregates
    assert counts["archetype"] == {"aggregate": 1, "source-aligned": 1}  # among active ones
    assert counts["team"] == {"sales-data": 1}


def test_a_chosen_value_without_hits_stays_in_its_facet():
    entry("A")

    page = find(system_actor(), SearchQueryData(statuses=("retired",)))

    chosen = [value for value in page.facets["status"] if value.selected]
    assert [(value.value, value.count) for value in chosen] == [("retired", 0)]


def test_a_domain_holds_what_is_below_it():
    DomainFactory(path="sales", name="Sales")
    DomainFactory(path="sales.emea", name="EMEA")
    entry("A")
    entry("B", domain_path="sales.emea", domain_name="EMEA")
    entry("C", domain_path="salesforce", domain_name="Salesforce")

    page = find(system_actor(), SearchQueryData(domains=("sales",)))

    assert sorted(hit.name for hit in page.rows) == ["A", "B"]
    domains = [(v.value, v.label, v.count, v.depth) for v in page.facets["domain"]]
    assert domains == [
        ("sales", "Sales", 2, 0),
        ("sales.emea", "EMEA", 1, 1),
        ("salesforce", "salesforce", 1, 0),
    ]


def test_tag_and_least_score_filter():
    entry("A", tags=["gold"], score=90.0)
    entry("B", tags=["gold"], score=60.0)
    entry("C")

    assert found(tags=("gold",)) == ["A", "B"]
    assert found(tags=("gold",), min_score=70.0) == ["A"]


@pytest.mark.parametrize("count", [1, 30])
def test_page_facets_and_count_take_at_most_three_statements(django_assert_max_num_queries, count):
    for number in range(count):
        entry(f"Orders {number}", columns=["order_id"])

    with django_assert_max_num_queries(3):
        find(system_actor(), SearchQueryData(text="order id", statuses=("active",)))


def test_the_count_past_the_cap_says_so(monkeypatch):
    monkeypatch.setattr("catalog.search.selectors.counting.CAP", 5)
    for number in range(8):
        entry(f"Orders {number}", status="active" if number % 2 else "draft")

    everything = find(system_actor(), SearchQueryData())
    active = find(system_actor(), SearchQueryData(statuses=("active",)))
    kept = find(system_actor(), SearchQueryData(scope=OFFERS))

    assert (kept.total, kept.total_capped) == (8, False)  # sums cost no counting
    assert (everything.total, everything.total_capped) == (5, True)
    assert (active.total, active.total_capped) == (4, False)


def test_names_are_suggested_by_their_beginning():
    entry("Store orders", consumers=90)
    entry("Orders")
    entry("Returns", columns=["order_id"], summary="of orders")

    assert [each.name for each in suggest(system_actor(), "ord")] == ["Orders", "Store orders"]
    assert suggest(system_actor(), "  ") == []


@pytest.mark.parametrize("trusted", [0, 2, 5])
def test_of_names_that_hold_the_word_later_the_best_known_come_first(trusted: int):
    for n in range(5):
        known = {"score": 100, "consumers": 50 - n} if n < trusted else {"consumers": 5 - n}
        entry(f"Store orders {n}", **known)
    for n in range(5):
        entry(f"Late orders {n}", kind="term", consumers=5 - n)

    names = [each.name for each in suggest(system_actor(), "orders", 4)]

    assert names == ["Store orders 0", "Store orders 1", "Late orders 0", "Late orders 1"]
    assert SearchEntry.objects.filter(rank__gte=TRUSTED).count() == trusted


def test_writing_again_replaces_the_row_and_removing_takes_it_away():
    entry("Orders", object_id="1")
    entry("Returns", object_id="1")

    assert found("orders") == []
    assert found("returns") == ["Returns"]
    services.remove("product", "1")
    assert not SearchEntry.objects.exists()
