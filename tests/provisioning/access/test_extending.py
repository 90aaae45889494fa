"""More time for a grant that runs: asked for, decided, put into the target, and on the record."""

import datetime as dt

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from core.clock import end_of_day
from core.errors import ConcurrencyError, Conflict, Invalid, InvalidTransition, NotAllowed
from provisioning.access.models import Credential, Grant, GrantExtension
from provisioning.access.services import (
    AccessData,
    amend_access,
    expire_grants,
    new_credential,
    request_extension,
    reveal_credential,
    revoke_grant,
)
from provisioning.access.states import ExtensionState, GrantState
from provisioning.drivers.postgres import identities, keepers
from provisioning.drivers.postgres.session import Warehouse, connected
from provisioning.jobs.models import Operation
from provisioning.jobs.services import retry
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.jobs.states import OperationState
from provisioning.requests.models import Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import cancel, decide, save_rule
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.access.conftest import in_days, read, roles_of

PURPOSE = "The weekly report goes on in spring."


@pytest.fixture
def more(company, granted):
    """`more(until=..., actor=...)`: by default the consumer asks for 90 days from now."""

    def make(**changes) -> Request:
        given = {
            "grant": granted,
            "purpose": PURPOSE,
            "until": in_days(90),
            "actor": company.asks,
        }
        return request_extension(**given | changes)

    return make


def role(grant: Grant, kind: str, settings) -> str:
    return next(name for name in roles_of(grant, settings) if name.startswith(kind))


def valid_until(grant: Grant, settings) -> dt.datetime:
    with psycopg.connect(settings.WAREHOUSE_URL) as conn:
        found = "SELECT rolvaliduntil FROM pg_roles WHERE rolname = %s"
        row = conn.execute(found, [role(grant, "lg", settings)]).fetchone()
        assert row is not None
        return row[0]


def test_the_grant_runs_on_and_ends_later_once_agreed_with_the_same_password(
    company, granted, more, settings
):
    shown = reveal_credential(grant=granted, actor=company.asks)
    first_end = granted.until

    request = more()
    granted.refresh_from_db()
    assert (request.state, granted.until) == ("waiting", first_end)
    decide(request=request, actor=company.owns, approve=True, note="Go on.")
    granted.refresh_from_db()
    assert granted.until == first_end  # until the target knows
    run_due()

    granted.refresh_from_db()
    request.refresh_from_db()
    assert request.state == "succeeded"
    assert granted.until == end_of_day(in_days(90)) == valid_until(granted, settings)
    assert Credential.objects.get().expires_at == granted.until
    assert read(shown.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
    extension = GrantExtension.objects.get()
    assert (extension.before, extension.until) == (first_end, granted.until)
    assert extension.state == ExtensionState.APPLIED
    assert look_at(granted.instance) == []


def test_a_rejected_or_withdrawn_request_leaves_the_grant_as_it_was(company, granted, more):
    before = Grant.objects.values().get()

    decide(request=more(), actor=company.owns, approve=False, note="The report is finished.")
    cancel(request=more(), actor=company.asks)
    run_due()

    assert Grant.objects.values().get() == before
    assert not GrantExtension.objects.exists()


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (None, "not-a-date"),
        (in_days(-1), "in-the-past"),
        (in_days(29), "not-later"),
        (in_days(30), "not-later"),
        (in_days(367), "too-late"),
    ],
)
def test_it_is_never_shorter_and_never_beyond_a_year(company, granted, more, until, code):
    with pytest.raises(Invalid) as refusal:
        more(until=until)

    assert [(each.pointer, each.code) for each in refusal.value.problems] == [("/until", code)]
    assert Request.objects.count() == 1


def test_the_database_itself_refuses_an_extension_that_shortens(company, granted, more):
    request = more()

    with pytest.raises(IntegrityError, match="extension_never_shortens"), transaction.atomic():
        GrantExtension.objects.create(
            grant=granted, request=request, before=granted.until, until=granted.until
        )


def test_the_holders_side_asks_and_nobody_else(company, granted, more):
    others = [
        company.owns,
        actor_for(member_of(TeamFactory())),
        actor_for(member_of(company.marketing, role="viewer")),
    ]

    for actor in others:
        with pytest.raises(NotAllowed):
            more(actor=actor)
    assert more(actor=actor_for(company.colleague)).state == "waiting"


def test_it_is_asked_for_once_at_a_time_and_can_be_changed(company, granted, more, ask):
    request = more()

    with pytest.raises(Conflict, match=f"R-{request.number}"):
        more()
    with pytest.raises(Conflict, match="Ask there for more time"):
        ask()
    shorter = AccessData("", "", "For one month only.", in_days(60))
    amended = amend_access(shorter, request=request, actor=company.asks)
    assert (amended.round, amended.parameters["until"]) == (2, in_days(60).isoformat())
    too_short = AccessData("", "", "For one month only.", in_days(10))
    with pytest.raises(Invalid):
        amend_access(too_short, request=request, actor=company.asks)


def test_a_rule_may_let_renewals_go_on_by_themselves(company, granted, more):
    save_rule(
        actor=company.owns,
        name="Renewals",
        condition="history.extension && duration <= 100",
        outcome={"approve": True, "max_days": 200},
        scope=Scope(port=company.port),
    )

    request = more()

    assert (request.state, request.reason) == ("running", "“Renewals” approves it.")
    run_due()
    granted.refresh_from_db()
    assert granted.until == end_of_day(in_days(90))


def test_what_ran_out_while_it_waited_is_opened_anew(company, granted, more):
    request = more()
    Grant.objects.update(starts_at=Now() - dt.timedelta(2), until=Now() - dt.timedelta(1))
    expire_grants()
    run_due()

    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()

    second = Grant.objects.get(state=GrantState.ACTIVE)
    assert second.pk != granted.pk
    assert second.until == end_of_day(in_days(90))
    assert second.request == request


def test_what_somebody_ended_is_not_brought_back_by_a_renewal(company, granted, more):
    request = more()
    revoke_grant(grant=granted, actor=company.owns, reason="Wrong data in the report.")
    run_due()

    with pytest.raises(Invalid, match="ended meanwhile"):
        decide(request=request, actor=company.owns, approve=True, note="")
    request.refresh_from_db()
    assert request.state == "waiting"
    assert not Grant.objects.live().exists()


def test_while_it_is_made_longer_it_does_not_run_out_and_a_revoke_still_wins(
    company, granted, more, settings
):
    decide(request=more(), actor=company.owns, approve=True, note="")
    GrantExtension.objects.update(before=Now() - dt.timedelta(1))
    Grant.objects.update(starts_at=Now() - dt.timedelta(2), until=Now() - dt.timedelta(1))

    assert expire_grants() == 0
    granted.refresh_from_db()
    revoke_grant(grant=granted, actor=company.owns, reason="")
    run_due()

    granted.refresh_from_db()
    assert granted.state == GrantState.REVOKED
    assert GrantExtension.objects.get().state == ExtensionState.FAILED
    assert roles_of(granted, settings) == set()


def test_an_extension_that_fails_leaves_the_end_and_can_be_tried_again(
    company, granted, more, settings
):
    first_end = granted.until
    request = more()
    decide(request=request, actor=company.owns, approve=True, note="")
    with psycopg.connect(settings.WAREHOUSE_URL, autocommit=True) as conn:
        schema = company.port.location["schema"]
        conn.execute(f"ALTER TABLE {schema}.orders RENAME TO hidden")
        run_due()
        request.refresh_from_db()
        granted.refresh_from_db()
        assert (request.state, granted.until) == ("failed", first_end)
        assert GrantExtension.objects.get().state == ExtensionState.FAILED
        assert granted.state == GrantState.ACTIVE
        conn.execute(f"ALTER TABLE {schema}.hidden RENAME TO orders")

    assert request.operation is not None
    retry(operation=request.operation, actor=company.asks)
    run_due()

    granted.refresh_from_db()
    request.refresh_from_db()
    assert (request.state, granted.until) == ("succeeded", end_of_day(in_days(90)))
    assert GrantExtension.objects.get().state == ExtensionState.APPLIED


def test_a_busy_grant_refuses_the_decision_and_keeps_the_request(company, granted, more):
    request = more()
    new_credential(grant=granted, actor=actor_for(company.colleague))

    with pytest.raises(ConcurrencyError):
        decide(request=request, actor=company.owns, approve=True, note="")
    request.refresh_from_db()
    assert request.state == "waiting"
    run_due()
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    assert set(Credential.objects.values_list("expires_at", flat=True)) == {end_of_day(in_days(90))}


def test_an_ended_grant_asks_for_no_more_time(company, granted, more):
    revoke_grant(grant=granted, actor=company.owns, reason="")

    with pytest.raises(InvalidTransition, match="Ask for it again"):
        more()


def test_a_deprecated_product_takes_no_new_readers_and_old_ones_to_its_last_day(
    company, granted, more, ask
):
    product = company.port.product
    product.status, product.sunset_on = "deprecated", in_days(60)
    product.save()

    with pytest.raises(Invalid) as refusal:
        ask(consumer=f"user:{company.consumer.username}")
    assert refusal.value.problems[0].code == "deprecated"
    with pytest.raises(Invalid) as refusal:
        more()
    assert refusal.value.problems[0].code == "after-sunset"
    assert more(until=in_days(60)).state == "waiting"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER ROLE {login} VALID UNTIL 'infinity'",
        "ALTER ROLE {login} NOLOGIN",
        "REVOKE {group} FROM {login}",
    ],
)
def test_a_login_that_was_changed_behind_our_back_is_found_and_mended_with_its_password(
    company, granted, settings, statement
):
    shown = reveal_credential(grant=granted, actor=company.asks)
    assert look_at(granted.instance) == []
    names = {"login": role(granted, "lg", settings), "group": role(granted, "gr", settings)}
    with (
        connected(Warehouse(settings.WAREHOUSE_URL)) as conn,
        keepers.acting_for(conn, names["group"]),
    ):
        conn.execute(statement.format(**names))

    settings.AUTOMATIC_REPAIR = True
    assert {each["what"] for each in look_at(granted.instance)} == {"changed"}
    run_due()

    assert Operation.objects.filter(kind="repair", state=OperationState.SUCCEEDED).count() == 1
    assert look_at(granted.instance) == []
    assert valid_until(granted, settings) == granted.until
    assert read(shown.dsn, company.port) == [("A-1", 12), ("A-2", 30)]


def test_a_login_that_is_lost_after_an_extension_is_found_and_made_again(
    company, granted, more, settings
):
    new_credential(grant=granted, actor=actor_for(company.colleague))
    run_due()
    first = reveal_credential(grant=granted, actor=company.asks)
    other = reveal_credential(grant=granted, actor=actor_for(company.colleague))
    decide(request=more(), actor=company.owns, approve=True, note="Go on.")
    run_due()
    for each in (first, other):
        assert read(each.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
    granted.instance.refresh_from_db()
    assert look_at(granted.instance) == []

    with connected(Warehouse(settings.WAREHOUSE_URL)) as conn:
        made = keepers.by_maker(conn, [first.username])
        keepers.share(conn, made)
        identities.drop(conn, made)
    settings.AUTOMATIC_REPAIR = True
    assert [(each["what"], each["name"]) for each in look_at(granted.instance)] == [
        ("missing", "There is no such login.")
    ]
    run_due()

    assert look_at(granted.instance) == []
    with pytest.raises(psycopg.OperationalError):
        read(first.dsn, company.port)
    again = reveal_credential(grant=granted, actor=company.asks)
    for each in (again, other):
        assert read(each.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
