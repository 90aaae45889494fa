"""The demand board: asked, voted for, taken up, answered or declined, each once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from catalog.products.models import Demand, DemandVote
from catalog.products.services import (
    DemandData,
    answer_demand,
    decline_demand,
    edit_demand,
    post_demand,
    reindex,
    take_demand,
    unvote,
    vote,
)
from catalog.products.states import DemandState, ProductStatus
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.factories import (
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db
NEED = "Temperature of each shop, **hourly**."


def page(user, path, **posted):
    client = Client()
    client.force_login(user)
    return client.post(path, posted) if posted else client.get(path)


def text(response) -> str:
    return response.content.decode()


# rules


def test_a_wish_is_kept_with_audit_and_event(wish, author):
    assert (wish.state, wish.votes, wish.author) == ("open", 0, author)
    assert AuditEvent.objects.filter(verb="demand.posted", object_id=str(wish.pk)).count() == 1
    event = OutboxEvent.objects.get(topic="demand.changed")
    assert event.payload == {
        "demand_id": str(wish.pk),
        "state": "open",
        "by": author.username,
    }


@pytest.mark.parametrize(
    ("title", "need", "pointer", "code"),
    [
        (" ", NEED, "/title", "empty-value"),
        ("Weather", "", "/need", "empty-value"),
        ("x" * 201, NEED, "/title", "too-long"),
        ("Weather", "x" * 5_001, "/need", "too-long"),
        ("a\0b", NEED, "/title", "unsafe-text"),
    ],
)
def test_what_is_missing_or_too_long_is_named_and_nothing_is_kept(
    author, title, need, pointer, code
):
    with pytest.raises(Invalid) as refused:
        post_demand(data=DemandData(title, need), actor=actor_for(author))

    assert [(each.pointer, each.code) for each in refused.value.problems] == [(pointer, code)]
    assert not Demand.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_vote_counts_once_and_can_be_taken_back(wish, helper):
    for _ in range(2):
        vote(demand=wish, actor=actor_for(helper))
    wish.refresh_from_db()
    assert (wish.votes, wish.voters.count()) == (1, 1)

    for _ in range(2):
        unvote(demand=wish, actor=actor_for(helper))
    wish.refresh_from_db()
    assert (wish.votes, wish.voters.count()) == (0, 0)


def test_an_author_does_not_vote_for_the_own_wish(wish, author):
    with pytest.raises(NotAllowed):
        vote(demand=wish, actor=actor_for(author))

    assert not DemandVote.objects.exists()


def test_a_settled_wish_takes_no_votes(wish, author, helper):
    decline_demand(demand=wish, reason="", actor=actor_for(author))

    with pytest.raises(InvalidTransition):
        vote(demand=wish, actor=actor_for(helper))

    wish.refresh_from_db()
    assert wish.votes == 0


@pytest.mark.django_db(transaction=True)
def test_votes_at_the_same_moment_are_all_counted(wish):
    people = [actor_for(UserFactory()) for _ in range(6)]

    def cast(actor) -> None:
        vote(demand=wish, actor=actor)
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(cast, people * 2))

    wish.refresh_from_db()
    assert (wish.votes, wish.voters.count()) == (6, 6)


def test_only_the_author_changes_an_open_wish(wish, author, helper, team):
    better = DemandData("Weather by shop and day", NEED)
    with pytest.raises(NotAllowed):
        edit_demand(demand=wish, data=better, actor=actor_for(helper))
    assert edit_demand(demand=wish, data=better, actor=actor_for(author)).title == better.title

    take_demand(demand=wish, team=team, actor=actor_for(helper))
    with pytest.raises(InvalidTransition):
        edit_demand(demand=wish, data=DemandData("Late", NEED), actor=actor_for(author))
    wish.refresh_from_db()
    assert wish.title == better.title


def test_a_team_takes_it_up_once_and_only_through_its_people(wish, helper, team):
    other = member_of(TeamFactory(slug="other"))
    with pytest.raises(NotAllowed):
        take_demand(demand=wish, team=team, actor=actor_for(other))
    stale = Demand.objects.get(pk=wish.pk)
    take_demand(demand=wish, team=team, actor=actor_for(helper))

    with pytest.raises(InvalidTransition):
        take_demand(demand=stale, team=other.teams.get(), actor=actor_for(other))

    wish.refresh_from_db()
    assert (wish.state, wish.team) == (DemandState.TAKEN, team)


def test_a_product_answers_it_and_its_page_says_so(wish, helper, team, author):
    product = ProductFactory(slug="weather", owner=team, purpose="Weather by shop.")
    answer_demand(demand=wish, product=product, actor=actor_for(helper), note="Hourly.")

    assert (wish.state, wish.product, wish.team) == (DemandState.ANSWERED, product, team)
    assert "Answers a wish: Weather by shop" in text(page(author, product.get_absolute_url()))
    access = text(page(author, f"{product.get_absolute_url()}?tab=access"))
    assert wish.get_absolute_url() in access
    shown = text(page(author, wish.get_absolute_url()))
    assert "A product answers it." in shown
    assert product.get_absolute_url() in shown


def test_a_draft_answers_it_and_is_named_only_to_whom_may_see_it(wish, helper, team, author):
    draft = ProductFactory(slug="weather", owner=team, status=ProductStatus.DRAFT)
    answer_demand(demand=wish, product=draft, actor=actor_for(helper))

    assert draft.fqn in text(page(helper, wish.get_absolute_url()))
    shown = text(page(author, wish.get_absolute_url()))
    assert draft.fqn not in shown
    assert "as soon as it is published" in shown


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"status": ProductStatus.DEPRECATED}, "product-at-its-end"),
        ({"visibility": "restricted"}, "unseen-by-author"),
    ],
)
def test_a_product_that_is_no_answer_is_refused(wish, helper, team, values, code):
    product = ProductFactory(owner=team, **values)

    with pytest.raises(Invalid) as refused:
        answer_demand(demand=wish, product=product, actor=actor_for(helper))

    assert [each.code for each in refused.value.problems] == [code]
    wish.refresh_from_db()
    assert (wish.state, wish.product) == (DemandState.OPEN, None)


def test_after_it_is_taken_up_only_that_team_answers(wish, helper, team):
    take_demand(demand=wish, team=team, actor=actor_for(helper))
    other = member_of(TeamFactory(slug="other"))
    product = ProductFactory(owner=other.teams.get())

    with pytest.raises(NotAllowed):
        answer_demand(demand=wish, product=product, actor=actor_for(other))


def test_declining_needs_a_reason_and_a_right(wish, team, helper):
    owner = member_of(team, username="domain-owner")
    team.domain.owner = team
    team.domain.save()
    with pytest.raises(NotAllowed):
        decline_demand(demand=wish, reason="No.", actor=actor_for(helper))
    with pytest.raises(Invalid):
        decline_demand(demand=wish, reason=" ", actor=actor_for(owner))
    assert Demand.objects.get().state == DemandState.OPEN

    decline_demand(demand=wish, reason="No sensors.", actor=actor_for(owner))
    assert (wish.state, wish.answer) == (DemandState.DECLINED, "No sensors.")


def test_an_author_withdraws_without_a_reason(wish, author):
    decline_demand(demand=wish, reason="", actor=actor_for(author))

    assert (wish.state, wish.answer) == (DemandState.DECLINED, "Withdrawn by its author.")


# pages


def test_what_comes_near_is_shown_before_a_wish_is_posted(author, team):
    near = ProductFactory(slug="weather", name="Weather", owner=team, purpose="Rain by shop.")
    reindex([near.pk])
    values = {"title": "Weather by shop", "need": NEED, "domain": "stores"}

    first = page(author, "/demands/new/", **values)
    assert first.status_code == 200
    assert near.get_absolute_url() in text(first)
    assert "Is it one of these?" in text(first)
    assert not Demand.objects.exists()

    second = page(author, "/demands/new/", **values, seen="Weather by shop")
    assert second["Location"] == Demand.objects.get().get_absolute_url()


def test_a_refused_form_keeps_what_was_typed(author):
    refused = page(author, "/demands/new/", title="Weather", need="", domain="nowhere")

    assert refused.status_code == 422
    assert 'value="nowhere"' in text(refused)
    assert "There is no such domain" in text(refused)
    assert not Demand.objects.exists()


def test_the_most_wanted_stands_first_and_filters_hold(author, helper, wish):
    more = post_demand(data=DemandData("CO2 of parcels", NEED), actor=actor_for(helper))
    vote(demand=more, actor=actor_for(author))

    shown = text(page(author, "/demands/"))
    assert shown.index("CO2 of parcels") < shown.index("Weather by shop")
    assert "CO2 of parcels" not in text(page(author, "/demands/?mine=1"))
    assert "CO2 of parcels" not in text(page(author, "/demands/?domain=stores"))
    assert "Weather by shop" not in text(page(author, "/demands/?state=answered"))


def test_pages_go_on_where_the_one_before_ended(author):
    actor = actor_for(author)
    for n in range(30):
        post_demand(data=DemandData(f"Wish {n:02}", NEED), actor=actor)

    first = page(author, "/demands/")
    url = first.context["more"]
    names = {row.title for row in first.context["rows"]}
    names |= {row.title for row in page(author, url).context["rows"]}

    assert len(names) == 30


def test_a_list_costs_the_same_for_any_number(author, django_assert_num_queries):
    client = Client()
    client.force_login(author)
    actor = actor_for(author)
    client.get("/demands/")
    for many in (1, 20):
        for n in range(many):
            post_demand(data=DemandData(f"Wish {many} {n}", NEED), actor=actor)
        with django_assert_num_queries(LIST_STATEMENTS):
            client.get("/demands/")


LIST_STATEMENTS = 7  # session, person, teams, wishes, own votes, domains, what waits for them


def test_markdown_of_a_need_is_harmless(author):
    bad = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
    wish = post_demand(data=DemandData("<b>Bold</b>", bad), actor=actor_for(author))

    shown = text(page(author, wish.get_absolute_url()))

    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown
    assert "<img" not in shown
    assert "&lt;b&gt;Bold" in shown


def test_the_whole_way_in_the_browser(author, helper, team, wish):
    product = ProductFactory(slug="weather", owner=team)
    url = wish.get_absolute_url()
    assert page(helper, f"{url}vote/", vote="1").status_code == 302
    assert "You need it" in text(page(helper, url))
    assert page(helper, f"{url}take/", team="store-systems").status_code == 302
    wrong = page(helper, f"{url}answer/", product="stores.nothing", answer="Hourly")
    assert wrong.status_code == 422
    assert 'value="stores.nothing"' in text(wrong)
    assert page(helper, f"{url}answer/", product=product.fqn).status_code == 302
    assert page(author, f"{url}edit/", title="Late", need=NEED).status_code == 409


# REST
