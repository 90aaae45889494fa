"""Owners look again at who reads; what nobody needs ends, in the warehouse too."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models.functions import Now

from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import OutboxEvent
from portal.models import Notification
from portal.services.notifying import notify
from provisioning.access.services import revoke_grant
from provisioning.access.states import GrantState
from provisioning.jobs.services.work import run_due
from provisioning.recertification.models import Campaign, Review
from provisioning.recertification.services import (
    close_due,
    decide_reviews,
    remind_of_reviews,
    stop_campaign,
)
from provisioning.recertification.states import ReviewState
from provisioning.requests.selectors.back_testing import Scope
from tests.factories import DomainFactory, PortFactory, TeamFactory, actor_for, member_of
from tests.provisioning.access.conftest import in_days, roles_of


def review_of(grant) -> Review:
    return Review.objects.get(grant=grant)


def is_over(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(
        created_at=Now() - dt.timedelta(9), due_at=Now() - dt.timedelta(1)
    )


def tell() -> None:
    for event in OutboxEvent.objects.filter(topic__startswith="campaign."):
        notify(event)


def states() -> list[str]:
    return sorted(Review.objects.values_list("state", flat=True))


def test_one_is_kept_and_the_other_ends_in_the_warehouse(company, granted, second, begin, settings):
    campaign = begin()
    assert states() == ["open", "open"]

    done = decide_reviews(
        campaign=campaign,
        keep=[review_of(granted).pk],
        revoke=[review_of(second).pk],
        note_text="One is enough.",
        actor=company.owns,
    )
    run_due()

    assert done == 2
    granted.refresh_from_db()
    second.refresh_from_db()
    assert (granted.state, second.state) == (GrantState.ACTIVE, GrantState.REVOKED)
    assert second.end_reason == "Autumn: One is enough."
    assert roles_of(second, settings) == set()
    assert len(roles_of(granted, settings)) == 2
    review = review_of(second)
    assert (review.state, review.decided_by, review.note) == (
        ReviewState.REVOKED,
        company.owner,
        "One is enough.",
    )


@pytest.mark.parametrize(
    ("silence", "state", "grants"), [("revoke", "revoked", "revoked"), ("keep", "kept", "active")]
)
def test_silence_means_what_the_campaign_says(
    company, granted, second, begin, settings, silence, state, grants
):
    campaign = begin(silence=silence)
    decide_reviews(
        campaign=campaign,
        keep=[review_of(granted).pk],
        revoke=[],
        note_text="",
        actor=company.owns,
    )
    assert close_due() == 0
    is_over(campaign)

    assert close_due() == 1
    assert close_due() == 0
    run_due()

    granted.refresh_from_db()
    second.refresh_from_db()
    campaign.refresh_from_db()
    assert campaign.closed_at is not None
    assert (granted.state, second.state) == (GrantState.ACTIVE, grants)
    review = review_of(second)
    assert (review.state, review.decided_by) == (state, None)
    assert bool(roles_of(second, settings)) == (grants == "active")


def test_what_has_ended_by_itself_is_gone_whatever_was_decided(company, granted, second, begin):
    campaign = begin()
    for grant in (granted, second):
        revoke_grant(grant=grant, actor=company.owns, reason="")

    decide_reviews(
        campaign=campaign,
        keep=[review_of(granted).pk],
        revoke=[],
        note_text="",
        actor=company.owns,
    )
    is_over(campaign)
    close_due()

    assert states() == ["gone", "gone"]


def test_what_ends_takes_no_second_decision(company, granted, begin):
    campaign = begin()
    pk = review_of(granted).pk
    given = {"campaign": campaign, "note_text": "", "actor": company.owns}
    decide_reviews(**given, keep=[pk], revoke=[])

    with pytest.raises(Invalid) as refusal:
        decide_reviews(**given, keep=[], revoke=[pk])
    assert refusal.value.problems[0].code == "not-open"
    granted.refresh_from_db()
    assert granted.state == GrantState.ACTIVE
    is_over(campaign)
    close_due()
    with pytest.raises(InvalidTransition):
        decide_reviews(**given, keep=[], revoke=[pk])


def test_owners_of_the_product_and_its_domain_and_stewards_decide_and_nobody_else(
    company, granted, begin, steward
):
    campaign = begin()
    pk = review_of(granted).pk
    others = [
        company.asks,
        actor_for(member_of(company.sales, role="contributor")),
        actor_for(member_of(TeamFactory())),
    ]

    for actor in others:
        assert not Review.objects.decidable_by(actor).exists()
        with pytest.raises(Invalid):
            decide_reviews(campaign=campaign, keep=[pk], revoke=[], note_text="", actor=actor)
    assert review_of(granted).state == ReviewState.OPEN
    assert Review.objects.decidable_by(steward).count() == 1


def test_nobody_decides_on_what_they_alone_read(company, ask, begin):
    request = ask(consumer=f"user:{company.owner.username}", actor=company.owns)
    run_due()
    assert request.grant.state == GrantState.PENDING
    request.grant.refresh_from_db()
    assert request.grant.state == GrantState.ACTIVE
    begin()

    assert not Review.objects.decidable_by(company.owns).exists()


def test_all_or_nothing(company, granted, second, begin):
    campaign = begin()

    with pytest.raises(Invalid):
        decide_reviews(
            campaign=campaign,
            keep=[],
            revoke=[review_of(granted).pk, 999_999],
            note_text="",
            actor=company.owns,
        )
    for keep, revoke, text in [([], [], ""), ([1], [1], ""), ([1], [], "x" * 2001)]:
        with pytest.raises(Invalid):
            decide_reviews(
                campaign=campaign, keep=keep, revoke=revoke, note_text=text, actor=company.owns
            )
    assert states() == ["open", "open"]
    granted.refresh_from_db()
    assert granted.state == GrantState.ACTIVE


def test_of_two_who_decide_at_once_one_does(company, granted, begin, steward):
    campaign, pk = begin(), review_of(granted).pk

    def attempt(actor) -> bool:
        try:
            decide_reviews(campaign=campaign, keep=[pk], revoke=[], note_text="", actor=actor)
        except Invalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, [company.owns, steward] * 2))
    assert done.count(True) == 1


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"name": "  "}, "/name", "missing"),
        ({"name": "x" * 121}, "/name", "too-long"),
        ({"reason": "x" * 2001}, "/reason", "too-long"),
        ({"until": None}, "/until", "not-a-date"),
        ({"until": in_days(0)}, "/until", "in-the-past"),
        ({"until": in_days(400)}, "/until", "too-late"),
        ({"silence": "maybe"}, "/silence", "unknown-choice"),
        ({"scope": Scope(classification="secret")}, "/scope", "nothing-there"),
    ],
)
def test_a_wrong_campaign_is_refused_with_its_field(granted, begin, changes, pointer, code):
    with pytest.raises(Invalid) as refusal:
        begin(**changes)

    assert [(each.pointer, each.code) for each in refusal.value.problems] == [(pointer, code)]
    assert not Campaign.objects.exists()


def test_owners_ask_about_their_port_and_only_stewards_about_the_company(company, granted, begin):
    assert begin(actor=company.owns, scope=Scope(port=company.port)).reviews.count() == 1
    with pytest.raises(NotAllowed):
        begin(actor=company.owns)
    with pytest.raises(NotAllowed):
        begin(actor=company.asks, scope=Scope(port=company.port))
    with pytest.raises(NotAllowed):
        begin(actor=company.owns, scope=Scope(domain=company.sales.domain))
    with pytest.raises(NotAllowed):
        begin(actor=company.owns, scope=Scope(classification="internal"))


def test_a_campaign_asks_about_its_part_only(company, granted, begin):
    elsewhere = PortFactory()
    inside = company.port.product.domain

    assert begin(scope=Scope(domain=inside)).reviews.count() == 1
    for scope in (Scope(port=elsewhere), Scope(domain=DomainFactory())):
        with pytest.raises(Invalid):
            begin(scope=scope)


def test_whoever_began_it_stops_it_and_what_is_open_goes_on(company, granted, begin, steward):
    campaign = begin()
    with pytest.raises(NotAllowed):
        stop_campaign(campaign=campaign, actor=company.owns)

    stop_campaign(campaign=campaign, actor=steward)

    assert states() == ["dropped"]
    granted.refresh_from_db()
    assert granted.state == GrantState.ACTIVE
    with pytest.raises(InvalidTransition):
        stop_campaign(campaign=campaign, actor=steward)


def test_those_who_decide_are_told_at_the_beginning_and_before_the_end(company, granted, begin):
    campaign = begin(until=in_days(10))
    assert remind_of_reviews() == 0
    Campaign.objects.update(due_at=Now() + dt.timedelta(2))
    assert remind_of_reviews() == 1
    assert remind_of_reviews() == 0
    tell()
    Campaign.objects.update(created_at=Now() - dt.timedelta(2), due_at=Now() - dt.timedelta(1))
    close_due()
    tell()

    told = Notification.objects.filter(kind__startswith="campaign.").order_by("pk")
    assert [(each.user_id, each.kind) for each in told] == [
        (company.owner.pk, "campaign.started"),
        (company.owner.pk, "campaign.ending"),
        (campaign.created_by_id, "campaign.closed"),
    ]


def test_one_sees_campaigns_in_which_one_decides(company, granted, begin, steward):
    campaign = begin()

    for actor, seen in [(steward, True), (company.owns, True), (company.asks, False)]:
        assert Campaign.objects.visible_to(actor).filter(pk=campaign.pk).exists() == seen
        assert Review.objects.visible_to(actor).exists() == seen
