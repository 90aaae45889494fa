"""Incidents: what opens one, what joins it, what ends it, and what people do about it."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.states import PortalRole, TeamRole
from catalog.contracts.models import Sla
from catalog.products.states import ProductStatus
from catalog.quality import services
from catalog.quality.models import Incident, IncidentEvent, QualityCheck, QualitySettings
from catalog.quality.services import ReportData, ResultData, SettingsData, record_results
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import AuditEvent, OutboxEvent
from tests.factories import (
    ContractVersionFactory,
    PortFactory,
    ProductFactory,
    TeamFactory,
    UserFactory,
    actor_for,
    member_of,
)
from tests.two_writers import together

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def owner(team):
    return actor_for(member_of(team, username="olga"))


@pytest.fixture
def port(team):
    return PortFactory(product=ProductFactory(owner=team, name="Orders"))


@pytest.fixture
def check(port):
    return make_check(port)


def make_check(port, name="no gaps", **given):
    return QualityCheck.objects.create(
        port=port, key=name, name=name, **{"dimension": "completeness", **given}
    )


def arrive(check, outcome, ago=dt.timedelta(0), **given):
    result = ResultData(check.pk, outcome, timezone.now() - ago, **given)
    return record_results(results=[result], source="test")


def only():
    return Incident.objects.get()


def topics():
    told = OutboxEvent.objects.filter(topic__startswith="incident.").order_by("id")
    return list(told.values_list("topic", flat=True))


def kinds(incident):
    return list(incident.events.values_list("kind", flat=True))


def settings_of(product, **given):
    return QualitySettings.objects.create(product=product, **given)


# what opens one


def test_a_failing_rule_opens_one_with_its_first_bad_result(check):
    arrive(check, "pass", 5 * HOUR)
    arrive(check, "fail", 3 * HOUR, evaluated=100, failed=4, message="Gaps.")
    broke_at = check.results.get(outcome="fail").at

    found = only()
    assert (found.state, found.cause, found.severity) == ("open", "check", "major")
    assert (found.quality_check, found.port, found.product) == (
        check,
        check.port,
        check.port.product,
    )
    assert found.broke_at == broke_at
    assert found.detected_at - broke_at >= 3 * HOUR
    assert found.detail == "Gaps. 4 of 100 rows break it."
    assert kinds(found) == ["opened"]
    assert topics() == ["incident.opened"]
    assert AuditEvent.objects.filter(verb="incident.opened", object_id=str(found.pk)).exists()


def test_history_that_comes_with_the_failure_says_when_it_broke(check):
    now = timezone.now()
    outcomes = ["fail", "pass", "fail", "warn", "fail"]
    results = [
        ResultData(check.pk, outcome, now - (9 - place) * HOUR)
        for place, outcome in enumerate(outcomes)
    ]

    record_results(results=results, source="test")

    assert (only().broke_at, only().failures) == (results[2].at, 2)


@pytest.mark.parametrize("outcome", ["pass", "warn", "error"])
def test_other_outcomes_open_none(check, outcome):
    arrive(check, outcome)

    assert not Incident.objects.exists()


def test_a_rule_of_lesser_severity_opens_none(port):
    arrive(make_check(port, weight=0.5), "fail")

    assert not Incident.objects.exists()


def test_a_critical_rule_makes_a_critical_one(port):
    arrive(make_check(port, weight=2.0), "fail")

    assert only().severity == "critical"


def test_a_promise_of_the_contract_is_named_as_such(port):
    arrive(make_check(port, name="/slaProperties/0", dimension="timeliness"), "fail")

    assert only().cause == "sla"


@pytest.mark.parametrize("status", [ProductStatus.DRAFT, ProductStatus.RETIRED])
def test_what_nobody_relies_on_has_no_incident(check, status):
    type(check.port.product).objects.update(status=status)

    arrive(check, "fail")

    assert not Incident.objects.exists()


def test_an_older_failure_that_arrives_late_opens_none(check):
    arrive(check, "pass")
    arrive(check, "fail", 5 * HOUR)

    assert not Incident.objects.exists()


# what joins it, ends it and opens it again


def test_further_failures_join_the_open_one(check):
    for ago in (3, 2, 1):
        arrive(check, "fail", ago * HOUR)

    assert only().failures == 3
    assert topics() == ["incident.opened"]


def test_a_pass_ends_it_and_says_why(check):
    arrive(check, "fail", HOUR)
    arrive(check, "pass")

    assert only().state == "resolved"
    assert only().resolved_at > only().detected_at
    assert IncidentEvent.objects.get(kind="resolved").note == "The check passes again."
    assert topics() == ["incident.opened", "incident.resolved"]


@pytest.mark.parametrize("outcome", ["warn", "error"])
def test_neither_a_warning_nor_an_error_ends_it(check, outcome):
    arrive(check, "fail", HOUR)
    arrive(check, outcome)

    assert only().state == "open"


def test_flapping_opens_the_same_one_again(check):
    for ago, outcome in ((4, "fail"), (3, "pass"), (2, "fail"), (1, "pass")):
        arrive(check, outcome, ago * HOUR)

    assert (only().state, only().reopened, only().failures) == ("resolved", 1, 2)
    assert kinds(only()) == ["opened", "resolved", "reopened", "resolved"]
    assert topics() == [
        "incident.opened",
        "incident.resolved",
        "incident.reopened",
        "incident.resolved",
    ]
    again = OutboxEvent.objects.filter(topic="incident.resolved").order_by("id")
    assert [each.payload["again"] for each in again] == [False, True]


def test_an_incident_that_was_acknowledged_is_open_when_it_comes_back(check, owner):
    arrive(check, "fail", 3 * HOUR)
    services.acknowledge_incident(incident=only(), actor=owner)
    arrive(check, "pass", 2 * HOUR)
    arrive(check, "fail", HOUR)

    assert (only().state, only().acknowledged_at, only().resolved_at) == ("open", None, None)


def test_long_after_the_end_it_is_a_new_one(check):
    arrive(check, "fail", 3 * HOUR)
    arrive(check, "pass", 2 * HOUR)
    Incident.objects.update(resolved_at=timezone.now() - dt.timedelta(hours=37))
    arrive(check, "fail", HOUR)

    assert Incident.objects.count() == 2
    assert Incident.objects.unresolved().count() == 1


def test_two_checks_have_one_each(port):
    first, second = make_check(port, "a"), make_check(port, "b")
    arrive(first, "fail", HOUR)
    arrive(second, "fail", HOUR)
    arrive(first, "pass")

    assert set(Incident.objects.values_list("title", "state")) == {("a", "resolved"), ("b", "open")}


def test_the_database_refuses_a_second_open_one(check):
    arrive(check, "fail")
    found = only()
    found.pk = None
    found._state.adding = True

    with pytest.raises(IntegrityError, match="incident_once_per_check"), transaction.atomic():
        found.save(force_insert=True)


def test_the_database_keeps_the_timeline(check):
    arrive(check, "fail")

    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        IncidentEvent.objects.update(note="It was not us")


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_one_moment_make_one(check):
    both = together(lambda: arrive(check, "fail", HOUR), lambda: arrive(check, "fail", HOUR / 2))

    assert both == [1, 1]
    assert only().failures == 2


def test_results_cost_two_statements_more_whatever_their_number(port):
    few = [make_check(port, f"few {n}") for n in range(2)]
    many = [make_check(port, f"many {n}") for n in range(40)]
    arrive(make_check(port, "first"), "pass", 4 * HOUR)  # makes the score of the day

    def cost(checks, outcome, ago):
        at = timezone.now() - ago
        results = [ResultData(each.pk, outcome, at) for each in checks]
        with CaptureQueriesContext(connection) as context:
            record_results(results=results, source="test")
        return len(context)

    assert cost(few, "fail", 3 * HOUR) == cost(many, "fail", 3 * HOUR)
    assert cost(few, "pass", 2 * HOUR) == cost(many, "pass", 2 * HOUR)
    assert cost(few, "fail", HOUR) == cost(many, "fail", HOUR)
    assert Incident.objects.count() == 42


# scores, anomalies, lateness, rules that went


def test_a_score_below_the_threshold_is_one_until_it_is_not(port):
    settings_of(port.product, score_threshold=80)
    checks = [make_check(port, name, weight=0.5) for name in ("a", "b")]
    for each in checks:
        arrive(each, "fail", 2 * HOUR)
    opened = only()
    for each in checks:
        arrive(each, "pass", HOUR)

    assert (opened.cause, opened.state) == ("score", "open")
    assert opened.title == "The score of Orders is below 80"
    assert only().state == "resolved"


def test_another_threshold_holds_at_once(port, owner):
    arrive(make_check(port, weight=0.5), "warn")  # a score of 50

    def threshold(value):
        data = SettingsData(value, downstream_hops=1, watches_anomalies=False)
        services.configure_quality(data, product=port.product, actor=owner)

    threshold(60)
    assert only().state == "open"
    threshold(40)
    assert only().state == "resolved"
    threshold(60)
    assert (only().state, only().reopened) == ("open", 1)
    threshold(None)
    assert only().state == "resolved"


def history(check, values):
    now = timezone.now()
    results = [
        ResultData(check.pk, "pass", now - (len(values) - n) * HOUR, value=value)
        for n, value in enumerate(values)
    ]
    record_results(results=results, source="test")


@pytest.fixture
def rows(port):
    return make_check(port, "rows", dimension="coverage", definition={"metric": "rowCount"})


STEADY = [1000.0, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1003]


@pytest.mark.parametrize(("value", "opened"), [(500, True), (3000, True), (1004, False)])
def test_an_unusual_number_of_rows_is_one_where_it_is_asked_for(port, rows, value, opened):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY)

    arrive(rows, "pass", value=value)

    assert list(Incident.objects.values_list("cause", flat=True)) == (["rows"] if opened else [])


def test_unusual_numbers_are_not_looked_at_unless_asked_for(rows):
    history(rows, STEADY)
    arrive(rows, "pass", value=1)

    assert not Incident.objects.exists()


def test_it_needs_a_history(port, rows):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY[:9])
    arrive(rows, "pass", value=1)

    assert not Incident.objects.exists()


@pytest.mark.parametrize(("value", "opened"), [(90_000, True), (1, False)])
def test_data_may_be_too_old_and_never_too_fresh(port, value, opened):
    settings_of(port.product, watches_anomalies=True)
    age = make_check(port, "age", dimension="timeliness")
    history(age, [3_600 + 10 * n for n in range(12)])

    arrive(age, "pass", value=value)

    assert [each.cause for each in Incident.objects.all()] == (["freshness"] if opened else [])


def test_a_usual_number_ends_an_anomaly(port, rows):
    settings_of(port.product, watches_anomalies=True)
    history(rows, STEADY)
    arrive(rows, "pass", HOUR / 2, value=1)
    arrive(rows, "pass", value=1000)

    assert only().state == "resolved"


@pytest.fixture
def promised(port):
    version = ContractVersionFactory()
    Sla.objects.create(version=version, property="latency", value="2", unit="h")
    port.contract, port.contract_version = version.contract, version
    port.save()
    port.product.written_at = timezone.now() - 5 * HOUR
    port.product.save()
    return port.product


def test_late_data_is_one_until_it_is_written(promised):
    assert services.watch_promises() == 1
    assert services.watch_promises() == 0
    opened = only()
    type(promised).objects.update(written_at=timezone.now())
    assert services.watch_promises() == 1

    assert (opened.cause, opened.title) == ("late", "Orders is late")
    assert opened.broke_at == promised.written_at + 2 * HOUR
    assert only().state == "resolved"


def test_data_in_time_is_none(promised):
    type(promised).objects.update(written_at=timezone.now() - HOUR)

    assert services.watch_promises() == 0


def test_owners_who_do_not_watch_it_have_none(promised, owner):
    services.watch_promises()
    data = SettingsData(None, downstream_hops=1, watches_anomalies=False, watches_promises=False)
    services.configure_quality(data, product=promised, actor=owner)

    assert services.watch_promises() == 1
    assert only().state == "resolved"
    assert services.watch_promises() == 0


def test_a_promise_that_a_check_measures_is_that_checks_incident(promised, port):
    arrive(make_check(port, "/slaProperties/0", dimension="timeliness"), "fail")

    services.watch_promises()

    assert [each.cause for each in Incident.objects.all()] == ["sla"]


def test_a_rule_that_is_stated_no_more_ends_its_incident(check):
    arrive(check, "fail")
    QualityCheck.objects.update(active=False)

    assert services.watch_promises() == 1
    assert only().state == "resolved"


# what people do


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
