import datetime as dt

import pytest

from catalog.products.states import ProductStatus, Visibility
from core.errors import Conflict, Invalid, NotAllowed
from provisioning.access.models import Grant
from provisioning.access.services import AccessData, request_access
from provisioning.jobs.models import Effect
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from provisioning.requests.states import RequestState
from tests.factories import PortFactory, ProductFactory, TeamFactory, actor_for, member_of, sides_of
from tests.provisioning.access.conftest import in_days, snapshot


def refused(ask, company, **changes) -> dict[str, str]:
    """`{pointer: code}` of a request that must change nothing."""
    before = snapshot(company)
    with pytest.raises(Invalid) as caught:
        ask(**changes)
    assert snapshot(company) == before
    return {problem.pointer: problem.code for problem in caught.value.problems}


def test_a_request_waits_for_the_team_that_owns_the_port(company, ask):
    request = ask()

    assert request.state == RequestState.WAITING
    assert sides_of(request) == [company.sales]
    assert request.team == company.marketing
    assert not Grant.objects.exists()


def test_a_port_one_may_not_see_is_as_unknown_as_one_that_is_not_there(company, ask):
    product = company.port.product
    product.visibility = Visibility.RESTRICTED
    product.save()

    unseen = refused(ask, company)
    unknown = refused(ask, company, port="sales.nothing/here@1")

    assert unseen == unknown == {"/port": "unknown-port"}


def test_all_that_is_wrong_is_said_at_once_with_pointers(company, ask):
    problems = refused(ask, company, consumer="team:nobody", purpose="why not", until=None)

    assert problems == {
        "/consumer": "unknown-consumer",
        "/purpose": "too-short",
        "/until": "not-a-date",
    }


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "in-the-past"), (367, "too-late")], ids=["yesterday", "too long"]
)
def test_access_ends_between_today_and_a_year_from_now(company, ask, days, code):
    assert refused(ask, company, until=in_days(days)) == {"/until": code}


def test_a_date_means_the_end_of_that_day(company, ask):
    request = ask(until=in_days(0))

    decide(request=request, actor=company.owns, approve=True, note="")

    until = Grant.objects.get().until
    assert until.astimezone(dt.UTC).strftime("%H:%M:%S") == "23:59:59"
    assert until.date() == in_days(0)


def test_one_asks_for_oneself_and_ones_teams_and_their_products_only(company, ask):
    other = member_of(TeamFactory())
    theirs = ProductFactory()

    for consumer in (
        f"user:{other.username}",
        f"team:{company.sales.slug}",
        f"product:{theirs.fqn}",
    ):
        assert refused(ask, company, consumer=consumer) == {"/consumer": "unknown-consumer"}
    own = ProductFactory(owner=company.marketing)
    assert ask(consumer=f"product:{own.fqn}").team == company.marketing
    assert ask(consumer=f"user:{company.consumer.username}").team is None


def test_a_product_does_not_ask_for_its_own_port(company, ask):
    consumer = f"product:{company.port.product.fqn}"

    assert refused(ask, company, actor=company.owns, consumer=consumer) == {"/consumer": "own-port"}


def test_a_second_request_for_the_same_reader_is_a_conflict_that_names_the_first(company, ask):
    first = ask()

    with pytest.raises(Conflict, match=f"R-{first.number} waits for Sales Data") as caught:
        ask(actor=actor_for(company.colleague))

    assert caught.value.context["request"] == str(first.pk)
    assert Request.objects.count() == 1


def test_who_has_access_is_not_given_it_twice(company, ask, granted):
    with pytest.raises(Conflict, match="has access to this port until"):
        ask()

    assert Grant.objects.count() == 1


def test_a_location_that_names_somebody_elses_schema_opens_nothing(company, ask):
    """What a descriptor says about a place gives nobody the right to open it."""
    mallory = TeamFactory()
    thief = PortFactory(
        product=ProductFactory(owner=mallory, instance_id=None), location=company.port.location
    )
    actor = actor_for(member_of(mallory))
    before = snapshot(company)

    purpose = "I would like to read this."
    asked = AccessData(thief.fqn, f"team:{mallory.slug}", purpose, in_days(3))

    with pytest.raises(Invalid) as caught:
        request_access(asked, actor=actor)

    assert caught.value.problems[0].code == "not-requestable"
    assert snapshot(company) == before


@pytest.mark.parametrize("change", ["closed", "retired", "gone"])
def test_a_port_that_is_not_offered_cannot_be_asked_for(company, ask, change):
    port = company.port
    if change == "closed":
        port.requestable = False
        port.save()
    elif change == "retired":
        port.product.status = ProductStatus.RETIRED
        port.product.save()
    else:
        Effect.objects.update(removed_at=dt.datetime.now(dt.UTC))

    assert refused(ask, company, actor=company.owns, consumer=f"team:{company.sales.slug}") == {
        "/port": "not-requestable"
    }


def test_an_owner_of_the_port_needs_no_decision(company, ask):
    request = ask(actor=company.owns, consumer=f"user:{company.owner.username}")

    assert sides_of(request) == []
    assert request.state == RequestState.RUNNING
    run_due()
    assert Grant.objects.get().state == "active"


def test_a_rejection_makes_nothing(company, ask):
    request = ask()

    decide(request=request, actor=company.owns, approve=False, note="Not for reports.")

    request.refresh_from_db()
    assert request.state == RequestState.REJECTED
    assert not Grant.objects.exists()


def test_nobody_but_the_owner_decides(company, ask):
    request = ask()

    with pytest.raises(NotAllowed):
        decide(request=request, actor=actor_for(company.colleague), approve=True, note="")

    request.refresh_from_db()
    assert request.state == RequestState.WAITING


def test_what_is_not_possible_any_more_keeps_the_request_waiting(company, ask):
    request = ask()
    company.port.requestable = False
    company.port.save()

    with pytest.raises(Invalid, match="cannot be opened any more"):
        decide(request=request, actor=company.owns, approve=True, note="")

    request.refresh_from_db()
    assert request.state == RequestState.WAITING
    assert not Grant.objects.exists()
