import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection

from core.errors import ConcurrencyError, InvalidTransition, NotAllowed, NotFound
from core.models import AuditEvent
from provisioning.access import services
from provisioning.access.models import Credential, Grant
from provisioning.access.services import new_credential, reveal_credential
from provisioning.access.services.credentials import AlreadyShown
from provisioning.jobs.services.work import run_due
from tests.factories import TeamFactory, actor_for, member_of
from tests.provisioning.access.conftest import read


@pytest.mark.smoke
def test_a_revealed_login_reads_the_rows(company, granted):
    shown = reveal_credential(grant=granted, actor=company.asks)

    assert read(shown.dsn, company.port) == [("A-1", 12), ("A-2", 30)]
    assert shown.expires_at == granted.until


def test_a_login_only_reads(company, granted):
    shown = reveal_credential(grant=granted, actor=company.asks)
    table = f"{company.port.location['schema']}.orders"

    with psycopg.connect(shown.dsn, autocommit=True) as conn:
        conn.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(f"DELETE FROM {table}")


def test_a_password_is_shown_once_and_then_gone(company, granted):
    reveal_credential(grant=granted, actor=company.asks)

    with pytest.raises(AlreadyShown, match="Make a new one"):
        reveal_credential(grant=granted, actor=company.asks)

    assert Credential.objects.get().ciphertext is None


def test_of_a_thousand_who_try_exactly_one_sees_the_password(company, granted):
    actor, start = company.asks, Barrier(20)

    def try_it() -> str:
        try:
            return reveal_credential(grant=Grant.objects.get(pk=granted.pk), actor=actor).password
        except InvalidTransition:
            return ""

    def try_often(_n: int) -> list[str]:
        start.wait()
        try:
            return [try_it() for _ in range(50)]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        seen = [each for tries in pool.map(try_often, range(20)) for each in tries if each]

    assert len(seen) == 1
    assert AuditEvent.objects.filter(verb="credential.revealed").count() == 1


def test_only_the_holders_side_sees_it(company, granted):
    stranger = actor_for(member_of(TeamFactory()))

    for actor in (company.owns, stranger):
        with pytest.raises(NotAllowed):
            reveal_credential(grant=granted, actor=actor)

    assert Credential.objects.get().ciphertext is not None


def test_a_colleague_gets_a_login_of_their_own(company, granted):
    colleague = actor_for(company.colleague)
    with pytest.raises(NotFound):
        reveal_credential(grant=granted, actor=colleague)

    new_credential(grant=granted, actor=colleague)
    run_due()

    theirs = reveal_credential(grant=granted, actor=colleague)
    first = reveal_credential(grant=granted, actor=company.asks)
    assert theirs.username != first.username
    assert read(theirs.dsn, company.port) == read(first.dsn, company.port)


def test_a_new_password_replaces_the_old_one(company, granted):
    old = reveal_credential(grant=granted, actor=company.asks)

    new_credential(grant=granted, actor=company.asks)
    run_due()

    new = reveal_credential(grant=granted, actor=company.asks)
    assert new.username == old.username
    assert new.password != old.password
    assert read(new.dsn, company.port)


def test_one_password_is_made_at_a_time(company, granted):
    new_credential(grant=granted, actor=company.asks)

    with pytest.raises(ConcurrencyError):
        new_credential(grant=granted, actor=actor_for(company.colleague))


def test_what_nobody_fetches_in_a_day_is_destroyed(company, granted):
    Credential.objects.update(reveal_until=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))

    with pytest.raises(AlreadyShown, match="within 24 hours"):
        reveal_credential(grant=granted, actor=company.asks)
    assert services.destroy_unrevealed() == 1

    credential = Credential.objects.get()
    assert credential.ciphertext is None
    assert credential.destroyed_at is not None
    assert services.destroy_unrevealed() == 0


def test_the_password_stands_nowhere(company, granted, caplog, capfd):
    """Not in any table, not in a log line, before and after it was shown."""
    sealed = everything()

    shown = reveal_credential(grant=granted, actor=company.asks)

    logs = caplog.text + "".join(capfd.readouterr())
    assert shown.password not in sealed + everything() + logs
    assert shown.password in shown.dsn
    assert shown.password not in repr(shown)


def everything() -> str:
    """Every value of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        texts = []
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            texts += [row[0] for row in cursor.fetchall()]
    return json.dumps(texts)
