"""What every test gets."""

import os

import pytest

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("FIELD_KEYS", "test:" + "A" * 43)
os.environ.setdefault("PORTAL_DEMO", "1")
os.environ.setdefault("PORTAL_LOG_LEVEL", "WARNING")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The test database keeps its name; each run makes it anew."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:  # type: ignore[no-untyped-def]
    """Transactional tests empty the tables with TRUNCATE, which the audit log refuses."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER audit_append_only")
