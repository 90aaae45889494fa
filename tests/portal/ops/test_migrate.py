"""Databases from before the migrations of each room were made one."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from catalog.governance.models import ClassificationLevel

pytestmark = pytest.mark.django_db

ONE = "0001_initial"
LAST_OF_OLD = {"core": "0007_persisted_queries", "portal": "0002_mail"}


def applied():
    return set(MigrationRecorder(connection).applied_migrations())


def forget(app, *names):
    rows = MigrationRecorder(connection).migration_qs.filter(app=app)
    (rows.filter(name__in=names) if names else rows).delete()


def as_the_last_code_left_it():
    """Rooms whose old migrations had other names know nothing of the new one."""
    forget("portal", ONE)
    forget("feed", ONE)


def test_a_database_with_all_of_the_old_ones_has_nothing_to_do():
    before = applied()
    as_the_last_code_left_it()
    levels = list(ClassificationLevel.objects.values())

    call_command("migrate", check_unapplied=True, verbosity=0)
    call_command("migrate", verbosity=0)

    assert applied() == before
    assert list(ClassificationLevel.objects.values()) == levels


@pytest.mark.parametrize("app", LAST_OF_OLD)
def test_a_database_in_their_middle_is_told_the_way_and_stays_as_it_is(app):
    as_the_last_code_left_it()
    forget(app, LAST_OF_OLD[app])
    before = applied()

    with pytest.raises(CommandError) as refused:
        call_command("migrate", verbosity=0)

    assert f"{app}.{LAST_OF_OLD[app]} is missing" in str(refused.value)
    assert "612fbc9" in str(refused.value)
    assert applied() == before


def test_a_room_that_knows_only_its_first_old_one_is_in_their_middle_too():
    forget("core")
    MigrationRecorder(connection).record_applied("core", ONE)

    with pytest.raises(CommandError, match=r"core\.0002_audit_append_only is missing"):
        call_command("migrate", verbosity=0)
