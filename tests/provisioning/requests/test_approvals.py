"""Several sides that have to agree: side by side, in turn, in numbers, late, and by deputies."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from accounts.services import actor_for_token, create_token
from accounts.states import PortalRole
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.ids import uuid7
from core.models import AuditEvent, OutboxEvent
from provisioning.jobs.models import Operation
from provisioning.requests.data import Route, Side
from provisioning.requests.models import Approval, Decision, Delegation, Request
from provisioning.requests.services import (
    cancel,
    decide,
    delegate,
    end_delegation,
    escalate_overdue,
    remind,
    submit,
)
from tests.factories import TeamFactory, UserFactory, actor_for, member_of
from tests.provisioning.blueprints.conftest import Shop, build_shop, parameters

STEWARDS = Side(role=PortalRole.STEWARD)


@pytest.fixture
def steward() -> User:
    return UserFactory(portal_role=PortalRole.STEWARD)


def asked(shop: Shop, *stages: tuple[Side, ...], actor: Actor | None = None, **way) -> Request:
    """A request of the helper for a product, with a route of its own."""
    return submit(
        kind="service",
        title="Store returns",
        actor=actor or shop.helps,
        team=shop.team,
        route=Route(stages, "Because.", **way),
        purpose="For the spring range.",
        parameters=parameters(),
        subject={"blueprint": shop.blueprint.slug, "version": shop.blueprint.current.number},
        instance_id=uuid7(),
    )


def states(request: Request) -> list[str]:
    return list(request.approvals.order_by("id").values_list("state", flat=True))


def approve(request: Request, actor: Actor) -> Request:
    return decide(request=request, actor=actor, approve=True, note="")


def test_sides_of_one_stage_decide_side_by_side_in_any_order(shop: Shop, steward: User):
    request = asked(shop, (Side(shop.team), STEWARDS))
    assert states(request) == ["waiting", "waiting"]

    approve(request, actor_for(steward))
    assert (request.state, request.operation) == ("waiting", None)
    assert states(request) == ["waiting", "approved"]
    approve(request, shop.owns)

    assert request.state == "running"
    assert states(request) == ["approved", "approved"]
    assert Operation.objects.count() == 1


def test_stages_decide_in_turn(shop: Shop, steward: User):
    request = asked(shop, (Side(shop.team),), (STEWARDS,))
    assert states(request) == ["waiting", "planned"]

    with pytest.raises(NotAllowed, match="Sales Data team"):
        approve(request, actor_for(steward))
    approve(request, shop.owns)
    assert states(request) == ["approved", "waiting"]
    assert request.approvals.last().due_at > timezone.now()
    approve(request, actor_for(steward))

    assert request.state == "running"


def test_a_quorum_needs_so_many_people(shop: Shop):
    second = actor_for(member_of(shop.team))
    request = asked(shop, (Side(shop.team, quorum=2),))

    approve(request, shop.owns)
    assert (request.state, states(request)) == ("waiting", ["waiting"])
    with pytest.raises(InvalidTransition, match="already"):
        approve(request, shop.owns)
    approve(request, second)

    assert request.state == "running"
    assert Decision.objects.count() == 2


def test_one_person_decides_for_one_side_only(shop: Shop):
    both = actor_for(member_of(shop.team, portal_role=PortalRole.STEWARD))
    request = asked(shop, (Side(shop.team), STEWARDS))

    approve(request, both)
    with pytest.raises(InvalidTransition, match="others have to"):
        approve(request, both)

    assert request.state == "waiting"
    assert not Request.objects.decidable_by(both).exists()


def test_one_no_ends_it_for_all_sides(shop: Shop, steward: User):
    request = asked(shop, (Side(shop.team), STEWARDS), (Side(TeamFactory()),))

    decide(request=request, actor=actor_for(steward), approve=False, note="Not for this")

    assert (request.state, request.reason) == ("rejected", "Not for this")
    assert states(request) == ["closed", "rejected", "closed"]
    with pytest.raises(InvalidTransition, match="already rejected"):
        approve(request, shop.owns)
    assert not Operation.objects.exists()


def test_a_steward_does_not_decide_on_what_they_asked_for(shop: Shop):
    asker = actor_for(member_of(shop.team, "contributor", portal_role=PortalRole.STEWARD))
    request = asked(shop, (STEWARDS,), actor=asker)

    with pytest.raises(NotAllowed, match="yourself"):
        approve(request, asker)
    assert not Request.objects.decidable_by(asker).exists()
    assert states(request) == ["waiting"]


def test_what_is_withdrawn_waits_for_nobody(shop: Shop, steward: User):
    request = asked(shop, (Side(shop.team),), (STEWARDS,))

    cancel(request=request, actor=shop.helps)

    assert states(request) == ["closed", "closed"]
    assert not Request.objects.decidable_by(shop.owns).exists()


def test_an_overdue_side_goes_on_to_others_once(shop: Shop, steward: User):
    request = asked(shop, (Side(shop.team),), escalate=STEWARDS)
    assert escalate_overdue() == 0
    assert not Request.objects.decidable_by(actor_for(steward)).exists()

    request.approvals.update(due_at=timezone.now() - dt.timedelta(seconds=1))
    assert [escalate_overdue(), escalate_overdue()] == [1, 0]

    assert Request.objects.decidable_by(actor_for(steward)).get() == request
    assert Request.objects.decidable_by(shop.owns).get() == request
    event = AuditEvent.objects.get(verb="request.escalated")
    assert (event.object_id, event.detail["to"]) == (str(request.pk), "steward")
    approve(request, actor_for(steward))
    assert request.state == "running"


@pytest.mark.parametrize("escalate", [STEWARDS, None], ids=["as the rule says", "to stewards"])
def test_a_team_that_nobody_owns_is_not_waited_for(shop: Shop, steward: User, escalate):
    request = asked(shop, (Side(shop.team),), escalate=escalate)
    shop.owner.is_active = False
    shop.owner.save()

    assert [escalate_overdue(), escalate_overdue()] == [1, 0]

    assert Request.objects.decidable_by(actor_for(steward)).get() == request
    event = AuditEvent.objects.get(verb="request.escalated")
    assert event.detail["reason"] == "Nobody owns the team any more."
    approve(request, actor_for(steward))
    assert request.state == "running"


def test_who_has_left_lends_nobody_their_decision(shop: Shop):
    deputy = UserFactory(username="dana")
    request = asked(shop, (Side(shop.team),))
    away(shop.owns, "dana")
    shop.owner.is_active = False
    shop.owner.save()

    with pytest.raises(NotAllowed):
        approve(request, actor_for(deputy))


def test_a_deputy_decides_in_the_place_of_somebody_away(shop: Shop):
    deputy = UserFactory(username="dana")
    request = asked(shop, (Side(shop.team),))
    with pytest.raises(NotAllowed):
        approve(request, actor_for(deputy))

    away(shop.owns, "dana")
    assert Request.objects.visible_to(actor_for(deputy)).get() == request
    approve(request, actor_for(deputy))

    decision = Decision.objects.get()
    assert (decision.decided_by, decision.instead_of) == (deputy, shop.owner)
    assert request.state == "running"


def test_a_deputy_of_a_steward_decides_for_the_stewards(shop: Shop, steward: User):
    deputy = UserFactory(username="dana")
    request = asked(shop, (STEWARDS,))
    away(actor_for(steward), "dana")

    approve(request, actor_for(deputy))

    assert Decision.objects.get().instead_of == steward


def test_nobodys_deputy_decides_on_what_they_themselves_asked_for(shop: Shop):
    second = member_of(shop.team)
    deputy = UserFactory(username="dana")
    away(actor_for(second), "dana")
    request = asked(shop, (Side(shop.team),), actor=actor_for(second))

    with pytest.raises(NotAllowed):
        approve(request, actor_for(deputy))
    away(shop.owns, "dana")  # by another owner's leave
    approve(request, actor_for(deputy))

    assert Decision.objects.get().instead_of == shop.owner


@pytest.mark.parametrize(("from_h", "to_h"), [(-48, -24), (24, 48)])
def test_a_deputy_decides_only_while_it_is_so(shop: Shop, from_h: int, to_h: int):
    deputy, now = UserFactory(), timezone.now()
    Delegation.objects.create(
        from_user=shop.owner,
        to_user=deputy,
        starts_at=now + dt.timedelta(hours=from_h),
        ends_at=now + dt.timedelta(hours=to_h),
    )
    request = asked(shop, (Side(shop.team),))

    with pytest.raises(NotAllowed):
        approve(request, actor_for(deputy))


def test_a_deputy_gives_it_back_and_decides_no_more(shop: Shop):
    deputy = UserFactory(username="dana")
    lent = away(shop.owns, "dana")
    request = asked(shop, (Side(shop.team),))

    end_delegation(delegation=lent, actor=actor_for(deputy))

    with pytest.raises(NotAllowed):
        approve(request, actor_for(deputy))
    with pytest.raises(NotAllowed):
        end_delegation(delegation=lent, actor=actor_for(UserFactory()))


def test_a_token_of_a_team_has_nothing_that_its_person_was_lent(shop: Shop):
    other = TeamFactory()
    deputy = member_of(other, username="dana")
    away(shop.owns, "dana")
    request = asked(shop, (Side(shop.team),))
    _, text = create_token(user=deputy, name="t", scopes=["write"], team=other)
    service = actor_for_token(text)

    with pytest.raises(NotAllowed):
        approve(request, service)
    with pytest.raises(NotAllowed, match="token"):
        away(service, shop.owner.username)


@pytest.mark.parametrize(
    ("to", "days", "pointer"),
    [
        ("nobody", 3, "/to"),
        ("olga", 3, "/to"),
        ("dana", -1, "/until"),
        ("dana", 200, "/until"),
        ("dana", None, "/until"),
    ],
)
def test_a_deputy_that_cannot_be_is_refused(shop: Shop, to: str, days: int | None, pointer: str):
    UserFactory(username="dana")

    with pytest.raises(Invalid) as refusal:
        away(shop.owns, to, days)
    assert refusal.value.problems[0].pointer == pointer
    assert not Delegation.objects.exists()


def test_the_requester_reminds_once_a_day(shop: Shop):
    request = asked(shop, (Side(shop.team),))
    with pytest.raises(Invalid, match="tomorrow"):
        remind(request=request, actor=shop.helps)

    request.approvals.update(opened_at=timezone.now() - dt.timedelta(days=2))
    assert remind(request=request, actor=shop.helps) == 1
    with pytest.raises(Invalid, match="tomorrow"):
        remind(request=request, actor=shop.helps)

    assert OutboxEvent.objects.filter(topic="request.reminded").count() == 1
    with pytest.raises(NotAllowed):
        remind(request=request, actor=actor_for(shop.outsider))


def test_of_two_sides_that_agree_at_once_the_work_starts_once(
    transactional_db, settings, warehouse_url
):
    shop = build_shop(settings, warehouse_url)
    steward = actor_for(UserFactory(portal_role=PortalRole.STEWARD))
    request = asked(shop, (Side(shop.team), STEWARDS))
    start = threading.Barrier(2)

    def agree(actor: Actor) -> None:
        mine = Request.objects.get(pk=request.pk)
        start.wait()
        approve(mine, actor)
        connection.close()

    threads = [threading.Thread(target=agree, args=(each,)) for each in (shop.owns, steward)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    request.refresh_from_db()
    assert (request.state, states(request)) == ("running", ["approved", "approved"])
    assert Operation.objects.count() == 1


def test_a_side_is_a_team_or_a_role_by_constraint(shop: Shop):
    request = asked(shop, (Side(shop.team),))

    with pytest.raises(Exception, match="approval_is_of_a_team_or_a_role"):
        Approval.objects.create(request=request, stage=2, team=shop.team, role="steward")


def away(actor: Actor, to: str, days: int | None = 3) -> Delegation:
    until = None if days is None else timezone.now().date() + dt.timedelta(days=days)
    return delegate(actor=actor, to=to, since=None, until=until, note="On leave")
