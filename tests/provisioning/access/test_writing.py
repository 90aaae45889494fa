"""Access that writes: offered by the owner, asked for, opened, more time, and its end."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from django.db import IntegrityError

from catalog.products.services import data_of, put_product
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent
from provisioning.access.models import Credential, Grant
from provisioning.access.services import (
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
from provisioning.access.states import AccessMode
from provisioning.jobs.models import Operation
from provisioning.jobs.services import repair
from provisioning.jobs.services.reconciling import look_at
from provisioning.jobs.services.work import run_due
from provisioning.requests.models import Request
from provisioning.requests.services import decide
from tests.factories import actor_for, member_of
from tests.provisioning.access.conftest import in_days, read, roles_of, snapshot
from tests.provisioning.access.writing import WRITE, codes, opened, wrote


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
