"""At some size, questions to the marketplace are answered from indexes."""

from functools import partial

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Mod
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from accounts.actors import Actor, system_actor
from accounts.states import PortalRole
from catalog.search.models import TRUSTED, SearchEntry, SearchWord
from catalog.search.selectors import SearchQueryData, find, suggest
from catalog.search.selectors.asking import read
from catalog.search.selectors.floors import ENOUGH, WANTED, floors_of, terms_of
from catalog.search.selectors.parts import INDEXED
from catalog.search.selectors.passes import CAP
from catalog.search.selectors.stepping import TRIED
from catalog.search.services import refresh_words

pytestmark = pytest.mark.django_db
ROWS = 20_000
OFFERS = ("product", "contract")
# `alpha` stands in three rows of four, `beta` in one of ten, `gamma…` in few, `delta` and `epsilon`
# in the same one of six; ranks are spread.
FILL = """
INSERT INTO search_searchentry (kind, object_id, fqn, name, summary, domain_path, domain_name,
    owner_team_id, owner_slug, owner_name, status, archetype, classification, tags, columns, band,
    score, consumers, rank, visibility, listed, readers, reader_users, url, updated_at, vector)
SELECT CASE WHEN n %% 50 = 0 THEN 'term' ELSE 'product' END, n, 'd' || n %% 40 || '.p' || n,
    'Product ' || n, repeat('text ', 40), 'd' || n %% 40, 'D', n %% 200, 'team-' || n %% 200,
    'Team', CASE WHEN n %% 9 = 0 THEN 'deprecated' ELSE 'active' END, 'aggregate', 'internal',
    ARRAY['tag-' || n %% 30], '{}', '75', 80, n %% 7, (n * 7919 %% 20011) / 20011.0,
    CASE WHEN n %% 20 = 0 THEN 'restricted' ELSE 'company' END, true, '{}', '{}', '/', now(),
    (CASE WHEN n %% 4 > 0 THEN '''alpha'':1C ' ELSE '' END
        || CASE WHEN n %% 10 = 0 THEN '''beta'':2C ' ELSE '' END
        || CASE WHEN n %% 6 = 0 THEN '''delta'':2C ''epsilon'':2C ' ELSE '' END
        || CASE WHEN n %% 401 = 0 THEN '''gamma'':3C ' ELSE '' END
        || '''product'':4A ''n' || n || ''':5A')::tsvector
FROM generate_series(1, %s) AS n
"""
QUESTIONS = {
    "everything": SearchQueryData(scope=OFFERS),
    "a domain": SearchQueryData(scope=OFFERS, domains=("d7",)),
    "a status": SearchQueryData(scope=OFFERS, statuses=("active",)),
    "several filters": SearchQueryData(scope=OFFERS, statuses=("active",), scores=("75",)),
    "a team": SearchQueryData(scope=OFFERS, teams=("team-9",)),
    "a tag": SearchQueryData(scope=OFFERS, tags=("tag-3",)),
    "a frequent word": SearchQueryData(scope=OFFERS, text="alpha"),
    "a frequent word and a filter": SearchQueryData(
        scope=OFFERS, text="alpha", statuses=("active",)
    ),
    "two words": SearchQueryData(scope=OFFERS, text="alpha beta"),
    "a rare word": SearchQueryData(scope=OFFERS, text="gamma"),
    "most words": SearchQueryData(scope=OFFERS, text="alpha gamma unheard"),
}


@pytest.fixture(scope="module")
def many_rows(rows_of_module: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(FILL, [ROWS])
            cursor.execute("ANALYZE search_searchentry")
        refresh_words()


@pytest.fixture
def member() -> Actor:
    return Actor(user_id=1, name="member", role=PortalRole.MEMBER, team_ids=frozenset({3, 4}))


def plan_of(sql: str) -> str:
    """With the one setting that goes along with a statement; a test is one long transaction."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXED if sql.startswith(INDEXED) else "SET LOCAL enable_seqscan = on")
        cursor.execute(f"EXPLAIN {sql.removeprefix(INDEXED)}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_no_question_reads_the_table_from_end_to_end(many_rows, member):
    asked = {name: partial(find, member, query) for name, query in QUESTIONS.items()}
    asked["type-ahead"] = partial(suggest, member, "product 12")

    scans = {}
    for name, ask in asked.items():
        with CaptureQueriesContext(connection) as context:
            answer = ask()
        assert getattr(answer, "rows", answer), name
        plans = [plan_of(each["sql"]) for each in context.captured_queries]
        scans[name] = [plan for plan in plans if "Seq Scan on search_searchentry" in plan]

    assert not any(scans.values()), scans


def test_of_a_frequent_word_the_most_trusted_rows_are_found(many_rows):
    asked = read("alpha")
    floors = floors_of(asked)
    best = SearchEntry.objects.matching(asked.required).order_by("-rank", "id")

    page = find(system_actor(), SearchQueryData(text="alpha", size=100))

    assert asked.rows() == [ROWS * 3 // 4]
    assert 0.8 < best.filter(rank__gte=floors[0]).count() / WANTED < 1.3
    assert [hit.fqn for hit in page.rows] == list(best.values_list("fqn", flat=True)[:100])


def test_of_a_frequent_word_the_most_trusted_rows_have_an_index_of_their_own(many_rows):
    SearchEntry.objects.update(rank=F("rank") + TRUSTED - 0.9)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_searchentry")
    assert floors_of(read("alpha"))[0] > TRUSTED

    with CaptureQueriesContext(connection) as context:
        page = find(system_actor(), SearchQueryData(text="alpha", size=100))

    best = SearchEntry.objects.matching(page.asked.required).order_by("-rank", "id")
    assert [hit.fqn for hit in page.rows] == list(best.values_list("fqn", flat=True)[:100])
    plans = [plan_of(each["sql"]) for each in context.captured_queries]
    assert any("Bitmap Index Scan on search_vector_trusted" in plan for plan in plans)


def test_names_of_a_frequent_word_are_read_from_the_trusted_rows_and_the_others(many_rows):
    SearchEntry.objects.update(rank=F("rank") + TRUSTED - 0.9)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_searchentry")

    with CaptureQueriesContext(connection) as context:
        found = suggest(system_actor(), "product", 8)

    (asked,) = context.captured_queries
    plan = plan_of(asked["sql"])
    assert len(found) == 8
    assert "Index Scan on search_names_trusted" in plan
    assert "Index Scan on search_names_of_others" in plan


def test_a_rare_word_has_no_floor_and_asks_nothing(many_rows, django_assert_num_queries):
    asked = read("gamma")

    with django_assert_num_queries(0):
        assert not floors_of(asked)
    assert max(asked.rows()) < ENOUGH


def test_of_words_that_stand_together_more_often_than_chance_the_most_trusted_are_found(many_rows):
    asked = read("delta epsilon")
    best = SearchEntry.objects.matching(asked.required).order_by("-rank", "id")

    page = find(system_actor(), SearchQueryData(text="delta epsilon", size=100))

    assert not floors_of(asked)
    assert best.count() > CAP
    assert [hit.fqn for hit in page.rows] == list(best.values_list("fqn", flat=True)[:100])
    assert (page.total, page.total_capped) == (CAP, True)


def test_of_frequent_words_that_seldom_stand_together_every_hit_is_found(many_rows):
    SearchEntry.objects.filter(fqn__endswith="7").update(vector="'alpha':1C")
    SearchEntry.objects.filter(fqn__endswith="1").update(vector="'delta':1C")
    SearchEntry.objects.exclude(fqn__iregex="[17]$").update(vector="'product':1C")
    SearchEntry.objects.filter(fqn__iregex="[17]77$").update(vector="'alpha':1C 'delta':2C")
    refresh_words()
    SearchWord.objects.filter(word__in=["alpha", "delta"]).update(frequency=ROWS // 2)
    both = SearchEntry.objects.filter(fqn__iregex="[17]77$").order_by("-rank", "id")

    page = find(system_actor(), SearchQueryData(text="alpha delta", size=100))

    assert len(floors_of(read("alpha delta"))) == 2
    assert [hit.fqn for hit in page.rows] == list(both.values_list("fqn", flat=True)[:100])
    assert (page.total, page.total_capped) == (both.count(), False)


@pytest.mark.parametrize(("every", "is_exact"), [(401, True), (9, False)])
def test_of_three_frequent_words_the_most_trusted_rows_are_found(many_rows, every, is_exact):
    words = ["alpha", "delta", "epsilon"]
    SearchEntry.objects.update(vector="'product':1C")
    SearchWord.objects.filter(word__in=words).update(frequency=ROWS // 2)
    of_all = SearchEntry.objects.annotate(rest=Mod("id", every)).filter(rest=0)
    of_all.update(vector="'alpha':1C 'delta':2C 'epsilon':3C")
    trusted = of_all.order_by("-rank", "id")

    asked = read(" ".join(words))
    page = find(system_actor(), SearchQueryData(text=asked.text, size=100))

    assert terms_of(asked).is_tried
    assert (of_all.count() <= TRIED) == is_exact
    assert [hit.fqn for hit in page.rows] == list(trusted.values_list("fqn", flat=True)[:100])
    assert (page.total == trusted.count(), page.total_capped) == (is_exact, not is_exact)


def test_two_frequent_words_are_not_tried(many_rows):
    SearchWord.objects.filter(word__in=["alpha", "delta"]).update(frequency=ROWS // 2)

    assert not terms_of(read("alpha delta")).is_tried


def test_a_frequent_word_in_a_narrow_list_finds_all_of_it(many_rows):
    page = find(system_actor(), SearchQueryData(text="alpha", teams=("team-9",), size=200))

    held = SearchEntry.objects.filter(owner_slug="team-9").matching(read("alpha").required)
    assert {hit.fqn for hit in page.rows} == set(held.values_list("fqn", flat=True))
    assert (page.total, page.total_capped) == (held.count(), False)
