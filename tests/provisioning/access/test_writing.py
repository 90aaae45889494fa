"""Access that writes: offered by the owner, asked for, opened, more time, and its end."""

from __future__ import annotations

import datetime as dt
import json

import psycopg
import pytest
from django.db import IntegrityError
from django.urls import reverse

from catalog.products.services import data_of, put_product
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent
from provisioning.access.models import Credential, Grant
from provisioning.access.services import (
    amend_access,
    drop_leavers,
    expire_grants,
    new_credential,
    offer_writes,
    request_extension,
    reveal_credential,
    revoke_grant,
    rotate_due,
    sample_rows,
)
from provisioning.access.services.wishes import AccessData
from provisioning.access.states import AccessMode, GrantState
from provisioning.jobs.models import Operation
from provisioning.jobs.services import repair
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.selectors.back_testing import Scope
from provisioning.requests.services import decide, save_rule
from tests.factories import TeamFactory, actor_for, member_of
from tests.portal.graphql.conftest import ask_as
from tests.provisioning.access.conftest import in_days, read, roles_of, snapshot
from tests.provisioning.access.test_pages import ask_url, filled, signed_in
from tests.provisioning.access.test_rest import body, caller

WRITE = AccessMode.WRITE


@pytest.fixture
def offered(company):
    offer_writes(port=company.port, offered=True, actor=company.owns)
    return company


@pytest.fixture
def writer(offered, ask) -> Grant:
    return opened(offered, ask(mode=WRITE))


def opened(company, request: Request) -> Grant:
    decide(request=request, actor=company.owns, approve=True, note="")
    run_due()
    grant = Grant.objects.get(request=request)
    assert grant.state == GrantState.ACTIVE, grant.end_reason
    return grant


def wrote(dsn: str, company, rows: str) -> None:
    with psycopg.connect(dsn, connect_timeout=5) as conn:
        conn.execute(f"INSERT INTO {company.port.location['schema']}.orders VALUES {rows}")


def codes(refused) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in refused.value.problems]


def test_nobody_can_ask_to_write_where_it_is_not_offered(company, ask):
    before = snapshot(company)

    with pytest.raises(Invalid) as refused:
        ask(mode=WRITE)

    assert codes(refused) == [("/mode", "writes-not-offered")]
    assert "Sales Data" in refused.value.problems[0].message
    assert snapshot(company) == before


def test_only_the_owner_offers_it_and_a_descriptor_leaves_it(offered):
    port = offered.port
    for actor in (offered.asks, actor_for(member_of(offered.sales, role="viewer"))):
        with pytest.raises(NotAllowed):
            offer_writes(port=port, offered=False, actor=actor)
    data = data_of(port.product)
    put_product(data=data, actor=offered.owns)
    port.refresh_from_db()
    assert port.takes_writes
    verbs = AuditEvent.objects.filter(object_kind="port").values_list("verb", flat=True)
    assert list(verbs) == ["port.writes-offered"]


def test_what_the_portal_cannot_open_for_writing_is_not_offered(company):
    company.port.location = {}
    company.port.save()

    with pytest.raises(Invalid) as refused:
        offer_writes(port=company.port, offered=True, actor=company.owns)

    assert codes(refused) == [("/offered", "not-writable")]


def test_a_write_login_writes_rows_and_reads_them(offered, writer):
    shown = reveal_credential(grant=writer, actor=offered.asks)

    wrote(shown.dsn, offered, "('A-3', 7)")

    assert read(shown.dsn, offered.port) == [("A-1", 12), ("A-2", 30), ("A-3", 7)]
    assert look_at(writer.instance) == []
    assert writer.mode == WRITE
    sample = sample_rows(grant=writer, actor=offered.asks)
    assert len(sample[0].rows) == 3
    verbs = {e.verb: e.detail for e in AuditEvent.objects.all()}
    assert verbs["access.requested"]["mode"] == verbs["grant.approved"]["mode"] == "write"


def test_a_read_login_writes_nothing_beside_a_writer(offered, writer, ask):
    with pytest.raises(Conflict, match="may write this port"):
        ask()
    reader = opened(offered, ask(consumer=f"user:{offered.consumer.username}"))
    shown = reveal_credential(grant=reader, actor=offered.asks)

    with psycopg.connect(shown.dsn, autocommit=True) as conn:
        conn.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"DELETE FROM {offered.port.location['schema']}.orders")


def test_who_reads_may_ask_to_write_and_keeps_both(offered, granted, ask):
    writer = opened(offered, ask(mode=WRITE))

    assert Grant.objects.live().count() == 2
    with pytest.raises(Conflict):
        ask(mode=WRITE)
    revoke_grant(grant=writer, actor=offered.owns, reason="")
    run_due()
    assert look_at(granted.instance) == []
    shown = reveal_credential(grant=granted, actor=offered.asks)
    assert read(shown.dsn, offered.port)


def test_reading_and_writing_are_asked_for_side_by_side_once_each(offered, ask):
    ask()
    ask(mode=WRITE)
    for mode in AccessMode:
        with pytest.raises(Conflict, match="has asked for this access already"):
            ask(mode=mode)


def test_a_read_that_is_approved_after_the_write_was_opened_is_not_opened_twice(offered, ask):
    reading = ask()
    opened(offered, ask(mode=WRITE))

    with pytest.raises(Invalid, match="has this access by now"):
        decide(request=reading, actor=offered.owns, approve=True, note="")


def test_writing_is_not_narrowed(offered, ask):
    contract = {"orders": {"columns": ["order_id"]}}
    with pytest.raises(Invalid):
        ask(mode=WRITE, narrow=contract)
    assert not Request.objects.exists()


def test_the_database_refuses_what_no_code_should_write(writer):
    for change in ({"mode": "own"}, {"narrow": {"orders": {"columns": ["order_id"]}}}):
        with pytest.raises(IntegrityError):
            Grant.objects.update(**change)


def test_more_time_keeps_the_mode_and_needs_the_offer(offered, writer):
    asked = {"grant": writer, "purpose": writer.purpose, "actor": offered.asks}
    longer = request_extension(until=in_days(60), **asked)
    assert longer.parameters["mode"] == WRITE
    decide(request=longer, actor=offered.owns, approve=True, note="")
    run_due()
    writer.refresh_from_db()
    assert writer.until.date() == in_days(60)
    shown = reveal_credential(grant=writer, actor=offered.asks)
    wrote(shown.dsn, offered, "('A-3', 7)")

    offer_writes(port=offered.port, offered=False, actor=offered.owns)

    with pytest.raises(Invalid) as refused:
        request_extension(until=in_days(90), **asked)
    assert codes(refused) == [("/mode", "writes-not-offered")]
    wrote(shown.dsn, offered, "('A-4', 8)")  # what was given stays until it ends


def test_an_offer_taken_back_before_the_approval_opens_nothing(offered, ask, settings):
    request = ask(mode=WRITE)
    offer_writes(port=offered.port, offered=False, actor=offered.owns)

    with pytest.raises(Invalid, match="not offered for writing any more"):
        decide(request=request, actor=offered.owns, approve=True, note="")

    assert not Grant.objects.exists()


def test_a_new_password_writes_and_a_leaver_does_not(offered, writer):
    new_credential(grant=writer, actor=actor_for(offered.colleague))
    run_due()
    theirs = reveal_credential(grant=writer, actor=actor_for(offered.colleague))
    wrote(theirs.dsn, offered, "('A-3', 7)")
    Credential.objects.update(rotate_at=dt.datetime.now(dt.UTC))
    an_hour_ago = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    Operation.objects.update(created_at=an_hour_ago, finished_at=an_hour_ago)
    assert rotate_due() >= 1
    run_due()

    offered.colleague.memberships.all().delete()
    Operation.objects.update(created_at=an_hour_ago, finished_at=an_hour_ago)
    drop_leavers()
    run_due()

    with pytest.raises(psycopg.OperationalError):
        wrote(theirs.dsn, offered, "('A-4', 8)")
    assert look_at(writer.instance) == []


@pytest.mark.parametrize(
    "meddling", ["REVOKE DELETE ON {t} FROM {r}", "GRANT TRUNCATE ON {t} TO {r}"]
)
def test_a_right_too_few_or_too_many_is_found_and_mended(offered, writer, settings, meddling):
    table = f"{offered.port.location['schema']}.orders"
    role = f"gr_{writer.pk.hex[-16:]}"
    with psycopg.connect(settings.WAREHOUSE_URL, autocommit=True) as conn:
        conn.execute(meddling.format(t=table, r=role))

    assert [each["what"] for each in look_at(writer.instance)] == ["changed"]
    repair(instance=writer.instance, actor=offered.owns)
    run_due()

    assert look_at(writer.instance) == []
    with psycopg.connect(settings.WAREHOUSE_URL) as conn:
        query = (
            "SELECT privilege_type::text FROM information_schema.table_privileges"
            " WHERE grantee = %s ORDER BY 1"
        )
        held = [right for (right,) in conn.execute(query, [role])]
    assert held == ["DELETE", "INSERT", "SELECT", "UPDATE"]


@pytest.mark.parametrize("end", ["revoke", "expiry"])
def test_after_its_end_nothing_is_left(offered, writer, settings, end):
    shown = reveal_credential(grant=writer, actor=offered.asks)
    session = psycopg.connect(shown.dsn, autocommit=True)
    if end == "revoke":
        revoke_grant(grant=writer, actor=offered.owns, reason="")
    else:
        now = dt.datetime.now(dt.UTC)
        Grant.objects.update(starts_at=now - dt.timedelta(days=2), until=now)
        assert expire_grants() == 1
    run_due()

    with pytest.raises(psycopg.Error):
        session.execute(f"DELETE FROM {offered.port.location['schema']}.orders")
    writer.refresh_from_db()
    assert writer.removed_at is not None
    assert roles_of(writer, settings) == set()


def rule(company, condition: str) -> None:
    save_rule(
        actor=company.owns,
        name="Short looks",
        condition=condition,
        outcome={"approve": True},
        scope=Scope(port=company.port),
    )


def test_a_rule_that_says_nothing_of_writing_approves_reading_only(offered, ask):
    rule(offered, "duration <= 40")

    assert ask().state == "running"
    request = ask(mode=WRITE)

    assert request.state == "waiting"
    assert "says nothing of writing" in request.reason


def test_a_rule_reads_the_mode(offered, ask):
    rule(offered, 'mode == "write" && duration <= 40')

    assert ask(mode=WRITE).state == "running"
    assert ask(consumer=f"user:{offered.consumer.username}").state == "waiting"


def test_what_waits_can_be_changed_to_reading(offered, ask):
    request = ask(mode=WRITE)
    data = AccessData(
        port=offered.port.fqn,
        consumer=request.parameters["consumer"],
        purpose=request.purpose,
        until=in_days(30),
    )

    amend_access(data, request=request, actor=offered.asks)

    request.refresh_from_db()
    assert request.parameters["mode"] == "read"


# Pages and interfaces


def test_the_form_offers_writing_where_the_owner_does(company, ask):
    client = signed_in(company.consumer)
    assert 'name="mode"' not in client.get(ask_url(company)).content.decode()
    offer = {"port": company.port.fqn, "offered": "yes"}
    stranger = signed_in(company.consumer).post(reverse("access:offer-writes"), offer)
    assert stranger.status_code == 403

    page = signed_in(company.owner).post(reverse("access:offer-writes"), offer, follow=True)

    assert "Others may ask to write." in page.content.decode()
    form = client.get(f"{ask_url(company)}&mode=write").content.decode()
    assert 'value="write" checked' in form
    asked = client.post(ask_url(company), filled(company, mode="write"), follow=True)
    assert "Read and write" in asked.content.decode()
    decider = signed_in(company.owner).get("/approvals/").content.decode()
    assert "Asks to" in decider
    assert "Approve writing until" in decider
    grant = opened(company, Request.objects.get())
    shown = client.get(grant.get_absolute_url()).content.decode()
    assert "read and write" in shown
    assert "writes" in client.get(reverse("access:mine")).content.decode()
    assert "may write" in client.get(company.port.get_absolute_url()).content.decode()


def test_who_reads_is_offered_to_write(offered, granted):
    page = signed_in(offered.consumer).get(offered.port.get_absolute_url()).content.decode()

    assert "Ask to write" in page


def test_an_unknown_mode_stands_at_its_field(offered):
    response = signed_in(offered.consumer).post(ask_url(offered), filled(offered, mode="own"))

    assert response.status_code == 422
    assert 'href="#mode"' in response.content.decode()
    assert not Request.objects.exists()


def test_the_list_asks_for_all_ports_in_one_mode_and_says_which_takes_no_writes(offered, ask):
    client = signed_in(offered.consumer)
    client.post(reverse("access:cart-add"), {"port": offered.port.fqn})
    offer_writes(port=offered.port, offered=False, actor=offered.owns)

    response = client.post(reverse("access:cart"), filled(offered, mode="write"))

    assert response.status_code == 422
    assert "not offered for writing" in response.content.decode()
    offer_writes(port=offered.port, offered=True, actor=offered.owns)
    assert 'name="mode"' in client.get(reverse("access:cart")).content.decode()
    client.post(reverse("access:cart"), filled(offered, mode="write"))
    assert Request.objects.get().parameters["mode"] == "write"


def test_rest_has_the_mode_and_read_is_the_default(company):
    call = caller(company.consumer)
    own = caller(company.owner)
    assert call("POST", "access-requests", body(company, mode="write")).status_code == 422
    offer = {"port": company.port.fqn, "offered": True}
    assert call("POST", "port-writes", offer).status_code == 403
    foreign = own("POST", "port-writes", {**offer, "port": "no.such/port@1"})
    assert foreign.status_code == 404
    wrong = own("POST", "port-writes", {**offer, "offered": "yes"})
    assert wrong.json()["problems"][0]["pointer"] == "/offered"
    answer = own("POST", "port-writes", offer)
    assert answer.json() == {"port": company.port.fqn, "takes_writes": True}

    assert call("POST", "access-requests", body(company, mode="write")).status_code == 202
    writer = opened(company, Request.objects.get())
    mine = f"user:{company.consumer.username}"
    assert call("POST", "access-requests", body(company, consumer=mine)).status_code == 202
    reader = opened(company, Request.objects.first())

    modes = {each["id"]: each["mode"] for each in call("GET", "grants").json()["results"]}
    assert modes == {str(writer.pk): "write", str(reader.pk): "read"}
    refused = call("POST", "access-requests", body(company, mode="own", consumer=mine))
    assert {each["pointer"] for each in refused.json()["problems"]} == {"/mode"}


def test_authorization_comes_before_validation(offered):
    strange = caller(member_of(TeamFactory()))

    answer = strange("POST", "port-writes", {"port": offered.port.fqn, "offered": "?"})

    assert answer.status_code == 403


def test_graphql_asks_to_write(offered):
    query = """mutation($port: String!, $consumer: String!, $until: Date!, $mode: AccessMode) {
      requestAccess(port: $port, consumer: $consumer, purpose: "Mend orders by hand.",
                    until: $until, mode: $mode) { request { id } problems { pointer } } }"""
    given = {
        "port": offered.port.fqn,
        "consumer": f"user:{offered.consumer.username}",
        "until": in_days(30).isoformat(),
        "mode": "WRITE",
    }
    client = signed_in(offered.consumer)
    sent = json.dumps({"query": query, "variables": given})
    answer = client.post("/graphql/", sent, content_type="application/json").json()
    assert answer["data"]["requestAccess"]["request"]
    opened(offered, Request.objects.get())

    query = "{ grants(first: 5) { edges { node { mode port { takesWrites } } } } }"
    answer = client.post("/graphql/", json.dumps({"query": query}), "application/json").json()

    (edge,) = answer["data"]["grants"]["edges"]
    assert edge["node"] == {"mode": "WRITE", "port": {"takesWrites": True}}


def test_a_script_offers_it_in_graphql(company):
    offer = (
        'mutation { offerWrites(port: "%s", offered: %s)'
        " { outputPort { takesWrites } problems { code } } }"
    )
    port = company.port.fqn

    def said(user, offered="true"):
        (answer,) = ask_as(user)(offer % (port, offered)).json()["data"].values()
        return answer["outputPort"], [each["code"] for each in answer["problems"]]

    assert said(company.consumer) == (None, ["not-allowed"])
    assert said(company.owner) == ({"takesWrites": True}, [])
    assert said(company.owner, "false") == ({"takesWrites": False}, [])
