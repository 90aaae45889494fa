"""How a text is read: mended, widened, loosened; and that none of it tells what is hidden."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.actors import Actor, actor_of, system_actor
from catalog.search import services
from catalog.search.models import OFFERS, FacetCount, SearchEntry, SearchWord
from catalog.search.selectors import SearchPage, SearchQueryData, find, with_typed_filters
from catalog.search.services import fold_counts, record_synonyms, refresh_words
from catalog.search.spelling import nearest, slips, trigrams
from tests.catalog.search.test_finding import entry
from tests.factories import TeamFactory, UserFactory, member_of

pytestmark = pytest.mark.django_db


def asked(text: str, actor: Actor | None = None, **values: object) -> SearchPage:
    query = SearchQueryData(text=text, **values)  # type: ignore[arg-type]
    return find(actor or system_actor(), query)


def names(page: SearchPage) -> list[str]:
    return [hit.name for hit in page.rows]


@pytest.mark.parametrize("text", ["custmer churn", "customer chrun", "cutsomer", "churm"])
def test_a_misspelt_word_is_mended_and_said_so(text):
    entry("Customer Churn")
    entry("Revenue")

    page = asked(text)

    assert names(page) == ["Customer Churn"]
    assert page.asked.is_corrected
    assert page.asked.text.lower() in {"customer churn", "customer", "churn"}


def test_the_reader_may_insist_on_what_was_typed():
    entry("Customer Churn")

    page = asked("custmer", is_literal=True)

    assert names(page) == []
    assert not page.asked.is_corrected


def test_a_word_of_rows_that_the_reader_may_not_see_is_never_suggested():
    entry("Acquisition Zebra", visibility="restricted")

    page = asked("acquisitoin", actor_of(UserFactory()))

    assert names(page) == []
    assert not page.asked.is_corrected
    assert page.asked.text == "acquisitoin"
    assert names(asked("acquisitoin")) == ["Acquisition Zebra"]


def test_synonyms_are_searched_for_too_and_named():
    entry("Customer Churn")
    entry("Lifetime Value")
    record_synonyms(source="term:1", names=["Customer", "Client"])
    record_synonyms(source="term:2", names=["CLV", "lifetime value"])

    page = asked("clients")

    assert names(page) == ["Customer Churn"]
    assert page.asked.also == ("customer",)
    assert names(asked("clv")) == ["Lifetime Value"]
    assert names(asked("client churn")) == ["Customer Churn"]


@pytest.mark.parametrize("text", ["data about the customer", "the customers", "customer data"])
def test_words_that_say_nothing_do_not_lose_a_hit(text):
    entry("Customer Churn")

    page = asked(text)

    assert names(page) == ["Customer Churn"]
    assert not page.asked.is_partial


def test_where_no_row_has_every_word_those_with_most_stand_first_and_it_is_said():
    entry("Customer Churn", summary="by month", consumers=0)
    entry("Customer Orders", consumers=500, score=100.0)

    page = asked("customer churn galaxy")

    assert names(page)[0] == "Customer Churn"
    assert page.asked.is_partial


@pytest.mark.parametrize(
    ("stored", "text"),
    [("Categories", "category"), ("Category", "categories"), ("Address", "addresses")],
)
def test_singular_and_plural_find_each_other(stored, text):
    entry(stored)

    assert names(asked(text)) == [stored]


def test_words_are_known_at_once_and_forgotten_by_the_refresh():
    entry("Zebra", object_id="1")
    assert SearchWord.objects.filter(word="zebra").exists()

    services.remove("product", "1")
    refresh_words()

    assert not SearchWord.objects.exists()


def test_the_refresh_counts_rows_that_were_written_by_other_means():
    entry("Zebra", object_id="1")
    entry("Zebra herd", object_id="2")
    SearchWord.objects.all().delete()

    refresh_words()

    assert SearchWord.objects.get(word="zebra").frequency == 2


def _plain(page: SearchPage) -> dict[str, dict[str, int]]:
    return {name: {v.value: v.count for v in values} for name, values in page.facets.items()}


def test_the_kept_sums_say_what_counting_would_for_every_reader():
    team = TeamFactory(slug="ours")
    soon, past = timezone.now() + dt.timedelta(days=2), timezone.now() - dt.timedelta(days=2)
    common = {"summary": "everywhere"}
    entry("A", tags=["gold"], technologies=["kafka"], score=95.0, stale_at=soon, **common)
    entry("B", tags=["gold", "pii"], score=20.0, stale_at=past, status="deprecated", **common)
    entry("C", visibility="restricted", owner_team_id=team.pk, owner_slug="ours", **common)
    entry("D", visibility="restricted", readers=[team.pk], **common)
    entry("E", listed=False, status="draft", **common)
    entry("Gone", object_id="gone", tags=["old"], **common)
    services.remove("product", "gone")
    entry("A", tags=["silver"], score=80.0, stale_at=soon, **common)

    for actor in (system_actor(), actor_of(UserFactory()), actor_of(member_of(team))):
        for _ in range(2):
            kept = asked("", actor, scope=("product", "contract"))
            live = asked("everywhere", actor, scope=("product", "contract"))
            assert kept.total == live.total
            assert _plain(kept) == _plain(live)
            fold_counts()


def test_an_update_that_moves_no_facet_writes_no_count():
    entry("A", object_id="1")
    before = FacetCount.objects.count()

    SearchEntry.objects.update(summary="other")

    assert FacetCount.objects.count() == before


def test_a_page_costs_the_same_however_much_there_is(django_assert_num_queries):
    for number in range(30):
        entry(f"Orders {number}", columns=["order_id"])

    with django_assert_num_queries(2):
        asked("")
    with django_assert_num_queries(2):
        asked("", statuses=("active",), domains=("sales",), tags=("x",))
    with django_assert_num_queries(3):
        asked("order id")
    with django_assert_num_queries(3):
        asked("ordesr")
    with django_assert_num_queries(3):
        asked("orders galaxy")


def test_a_word_said_twice_counts_once():
    entry("Orders")
    entry("Refunds")

    assert names(asked("galaxy orders orders refunds")) == []
    assert names(asked("galaxy orders ORDERS")) == ["Orders"]


def test_rows_of_another_kind_are_no_answer_but_are_counted_with_the_reading_that_answers():
    entry("Zebra crossing", kind="term")
    entry("Zebra")
    entry("Orders")

    loose = asked("zebra crossing", scope=OFFERS)
    exact = asked("zebra crossing")

    assert names(loose) == ["Zebra"]
    assert loose.asked.is_partial
    assert {each.value: each.count for each in loose.facets["kind"]} == {"product": 1, "term": 1}
    assert names(exact) == ["Zebra crossing"]
    assert not exact.asked.is_partial


def test_the_next_page_is_of_the_same_reading():
    for number in range(5):
        entry(f"Orders {number}")

    first = asked("orders galaxy", size=3)
    second = asked("orders galaxy", size=3, cursor=first.next_cursor)

    assert first.asked.is_partial
    assert second.asked.is_partial
    assert sorted(names(first) + names(second)) == [f"Orders {number}" for number in range(5)]
    assert second.next_cursor is None


def test_a_filter_counts_its_other_choices_in_the_same_reading():
    entry("Orders", status="active")
    entry("Orders of old", status="draft")
    entry("Galaxy", status="active")

    page = asked("orders nebula", statuses=("active",))

    assert names(page) == ["Orders"]
    assert {each.value: each.count for each in page.facets["status"]} == {"active": 1, "draft": 1}


def test_nothing_found_says_what_was_asked():
    entry("Orders")

    page = asked("nebula quasar")

    assert (names(page), page.total, page.asked.is_partial) == ([], 0, False)
    assert page.asked.text == "nebula quasar"


def test_trigrams_and_slips():
    assert trigrams("churn") == ["^ch", "chu", "hur", "urn", "rn$"]
    assert [slips("churn", word, most=2) for word in ("churn", "chrun", "chur", "xyz")] == [
        0,
        1,
        1,
        3,
    ]
    assert nearest("custmer", [("customer", 3), ("custom", 9)]) == "customer"
    assert nearest("zzzzz", [("customer", 3)]) == ""


def test_a_quoted_phrase_stands_as_it_is():
    entry("Daily orders", summary="Every order of a day")
    entry("Orders", summary="Kept daily")
    entry("Order lines", columns=["order_id status"], summary="None")

    assert names(asked('"daily orders"')) == ["Daily orders"]
    assert names(asked('"orders daily"')) == []
    assert names(asked('"order of" daily')) == ["Daily orders"]
    assert names(asked('"order_id status"')) == ["Order lines"]


def test_a_phrase_is_neither_mended_nor_given_up():
    entry("Customer Churn")
    entry("Customer Profile")

    mended = asked('custmer "churn"')

    assert names(mended) == ["Customer Churn"]
    assert mended.asked.text == 'customer "churn"'
    assert names(asked('"custmer churn"')) == []
    assert names(asked('profile galaxy "customer churn"')) == []


def test_a_word_may_be_asked_for_in_one_place():
    entry("Orders", columns=["customer_id"])
    entry("Customers", columns=["name"])

    assert names(asked("column:customer_id")) == ["Orders"]
    assert names(asked("name:customers")) == ["Customers"]
    assert [hit.matched.text for hit in asked("column:customer_id").rows] == ["customer_id"]
    assert names(asked("nonsense:customers")) == names(asked("nonsense customers"))


@pytest.mark.parametrize("text", ['"', '""', '" "', 'a"b', "column:", 'column:"', ":", 'tag:""'])
def test_odd_signs_are_no_error(text):
    entry("Orders")

    assert asked(text).total in {0, 1}


def test_filters_may_be_typed():
    query = with_typed_filters(SearchQueryData(text='orders tag:Gold owner:"Sales-Core" as:is'))

    assert query == SearchQueryData(text="orders as:is", tags=("Gold",), teams=("sales-core",))
    assert with_typed_filters(query) == query
