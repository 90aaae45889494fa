"""What people do about incidents, and what is refused."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts.states import PortalRole, TeamRole
from catalog.products.states import ProductStatus
from catalog.quality import services
from catalog.quality.models import Incident, QualitySettings
from catalog.quality.services import ReportData, SettingsData
from core.errors import Invalid, InvalidTransition, NotAllowed
from tests.catalog.quality.incidents.cases import (
    HOUR,
    arrive,
    kinds,
    only,
)
from tests.factories import (
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)

pytestmark = pytest.mark.django_db


def test_it_is_acknowledged_assigned_noted_and_resolved(check, team, owner):
    arrive(check, "fail")
    colleague = member_of(team, TeamRole.CONTRIBUTOR, username="carl")

    services.acknowledge_incident(incident=only(), actor=owner)
    assert (only().state, only().assignee.username) == ("acknowledged", "olga")
    services.assign_incident(incident=only(), username="carl", actor=owner)
    services.note_on_incident(incident=only(), note="The loader hung.", actor=actor_for(colleague))
    services.resolve_incident(incident=only(), note="Loaded again.", actor=actor_for(colleague))

    assert (only().state, only().assignee) == ("resolved", colleague)
    events = only().events.values_list("kind", "actor", "person", "note")
    assert list(events) == [
        ("opened", "", "", ""),
        ("acknowledged", "olga", "", ""),
        ("assigned", "olga", "olga", ""),
        ("assigned", "olga", "carl", ""),
        ("note", "carl", "", "The loader hung."),
        ("resolved", "carl", "", "Loaded again."),
    ]
    services.note_on_incident(incident=only(), note="Postmortem.", actor=owner)
    assert kinds(only())[-1] == "note"


def test_a_check_that_fails_on_opens_what_was_ended_by_hand(check, owner):
    arrive(check, "fail", HOUR)
    services.resolve_incident(incident=only(), note="I think so.", actor=owner)
    arrive(check, "fail")

    assert (only().state, only().reopened) == ("open", 1)


def test_somebody_reports_what_no_rule_sees(port, owner):
    place, broke_at = f"{port.name}@1", timezone.now() - 3 * HOUR
    data = ReportData("Prices are of last year", "Since the move.", "critical", place, broke_at)

    found = services.report_incident(data, product=port.product, actor=owner)

    assert (found.cause, found.severity, found.port, found.state) == (
        "manual",
        "critical",
        port,
        "open",
    )
    assert found.events.get().actor == "olga"
    services.report_incident(data, product=port.product, actor=owner)
    assert Incident.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "missing"),
        ({"title": "x" * 201}, "too-long"),
        ({"detail": "x" * 2001}, "too-long"),
        ({"severity": "awful"}, "unknown-choice"),
        ({"port": "nothing@1"}, "unknown-port"),
        ({"title": "a\0b"}, "unsafe-text"),
        ({"broke_at": timezone.now() + dt.timedelta(days=400)}, "in-the-future"),
        ({"broke_at": dt.datetime(1, 1, 1, tzinfo=dt.timezone(13 * HOUR))}, "out-of-range"),
        ({"broke_at": dt.datetime(1, 1, 1)}, "out-of-range"),  # noqa: DTZ001 - GraphQL may send it
    ],
)
def test_a_report_with_a_mistake_is_refused(port, owner, given, code):
    data = ReportData(**{"title": "Wrong", **given})

    with pytest.raises(Invalid) as refused:
        services.report_incident(data, product=port.product, actor=owner)

    assert [each.code for each in refused.value.problems] == [code]
    assert not Incident.objects.exists()


def test_a_draft_has_no_incident_by_hand_either(port, owner):
    port.product.status = ProductStatus.DRAFT

    with pytest.raises(InvalidTransition):
        services.report_incident(ReportData("Wrong"), product=port.product, actor=owner)


VERBS = {
    "acknowledge": lambda **given: services.acknowledge_incident(**given),
    "assign": lambda **given: services.assign_incident(username="olga", **given),
    "resolve": lambda **given: services.resolve_incident(note="Done", **given),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_resolved_is_not_changed_again(check, owner, verb):
    arrive(check, "fail")
    services.resolve_incident(incident=only(), note="Done", actor=owner)
    before = kinds(only())

    with pytest.raises(InvalidTransition):
        VERBS[verb](incident=only(), actor=owner)

    assert (only().state, kinds(only())) == ("resolved", before)


def test_it_is_acknowledged_once(check, owner):
    arrive(check, "fail")
    services.acknowledge_incident(incident=only(), actor=owner)
    stale = only()

    with pytest.raises(InvalidTransition):
        services.acknowledge_incident(incident=stale, actor=owner)


@pytest.mark.parametrize("who", ["stranger", "gone", "nobody-at-all"])
def test_it_is_assigned_to_the_team_alone(check, team, owner, who):
    arrive(check, "fail")
    UserFactory(username="stranger")
    member_of(team, username="gone", is_active=False)

    with pytest.raises(Invalid, match="cannot be assigned"):
        services.assign_incident(incident=only(), username=who, actor=owner)

    assert only().assignee is None
    assert kinds(only()) == ["opened"]


def test_an_assignee_is_taken_away(check, owner):
    arrive(check, "fail")
    services.acknowledge_incident(incident=only(), actor=owner)
    services.assign_incident(incident=only(), username="", actor=owner)

    assert only().assignee is None


@pytest.mark.parametrize(
    ("note", "code"), [(" ", "note-missing"), ("x" * 2001, "too-long"), ("a\0b", "unsafe-text")]
)
def test_the_end_says_what_was_done(check, owner, note, code):
    arrive(check, "fail")

    with pytest.raises(Invalid) as refused:
        services.resolve_incident(incident=only(), note=note, actor=owner)

    assert [each.code for each in refused.value.problems] == [code]
    assert only().state == "open"


def test_who_handles_incidents(check, team):
    arrive(check, "fail")
    above = TeamFactory()
    domain = check.port.product.domain
    domain.owner = above
    domain.save()
    may = [
        member_of(team, TeamRole.CONTRIBUTOR),
        member_of(above),
        UserFactory(portal_role=PortalRole.STEWARD),
        UserFactory(portal_role=PortalRole.ADMIN),
    ]
    may_not = [
        member_of(team, TeamRole.VIEWER),
        member_of(TeamFactory()),
        UserFactory(portal_role=PortalRole.PLATFORM),
    ]

    for person in may:
        services.note_on_incident(incident=only(), note="x", actor=actor_for(person))
    for person in may_not:
        for verb in VERBS.values():
            with pytest.raises(NotAllowed):
                verb(incident=only(), actor=actor_for(person))
    assert kinds(only()) == ["opened", *["note"] * 4]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"score_threshold": 101}, "/score_threshold"),
        ({"score_threshold": -1}, "/score_threshold"),
        ({"score_threshold": float("nan")}, "/score_threshold"),
        ({"downstream_hops": 4}, "/downstream_hops"),
        ({"downstream_hops": -1}, "/downstream_hops"),
    ],
)
def test_settings_out_of_range_are_refused(port, owner, given, code):
    data = {"score_threshold": None, "downstream_hops": 1, "watches_anomalies": False, **given}

    with pytest.raises(Invalid) as refused:
        services.configure_quality(SettingsData(**data), product=port.product, actor=owner)

    assert [each.pointer for each in refused.value.problems] == [code]
    assert not QualitySettings.objects.exists()
