"""What every test gets."""

from importlib import import_module

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-browser",
        action="store_true",
        help="fail instead of skip where Playwright or Chromium is missing",
    )
    parser.addoption("--chaos-seconds", type=float, default=240, help="length of the long run")
    parser.addoption("--chaos-report", default="", help="file for the long run's figures")


@pytest.fixture(autouse=True)
def _quick_passwords(settings) -> None:  # type: ignore[no-untyped-def]
    """Hashing that is slow on purpose proves nothing here and costs minutes."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_repositories(settings, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    """Not among those of the data directory."""
    settings.GIT_FOLDER = tmp_path_factory.getbasetemp() / "git"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:  # type: ignore[no-untyped-def]
    """Transactional tests empty the tables with TRUNCATE, which the audit log refuses."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("core_auditevent", "core_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_append_only")


@pytest.fixture(autouse=True)
def _first_classes(request: pytest.FixtureRequest) -> None:
    """Transactional tests begin with emptied tables: what migrations filled in stands again."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    if not is_marked and "transactional_db" not in request.fixturenames:
        return
    request.getfixturevalue("transactional_db")
    from catalog.governance.models import ClassificationLevel

    levels = import_module("catalog.governance.migrations.0003_versions_stay_and_first_classes")
    ClassificationLevel.objects.bulk_create(
        (
            ClassificationLevel(slug=slug, name=name, rank=rank, meaning=meaning)
            for slug, name, rank, meaning in levels.LEVELS
        ),
        ignore_conflicts=True,
    )
