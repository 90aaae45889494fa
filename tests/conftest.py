"""What every test gets."""

import gc
from collections.abc import Iterator

import pytest

RARELY = 200  # looks at what is young, until all is looked through; Python's own is 10


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-browser",
        action="store_true",
        help="fail instead of skip where Playwright or Chromium is missing",
    )
    parser.addoption("--chaos-seconds", type=float, default=240, help="length of the long run")
    parser.addoption("--chaos-report", default="", help="file for the long run's figures")


def pytest_collection_finish() -> None:
    """What stays until the end is not looked through again and again (5 s of each 40).

    Nor what the first pages and queries bring, which is as much again: a look through that takes
    0.2 s and found next to nothing (3 s of each 100).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], RARELY)


@pytest.fixture(autouse=True, scope="session")
def _settings_of_tests(
    django_test_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Hashing that is slow on purpose proves nothing here; repositories are nobody else's."""
    from django.test import override_settings

    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        GIT_FOLDER=tmp_path_factory.getbasetemp() / "git",
    ):
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_once(django_test_environment: None) -> Iterator[None]:
    """Each test client loads the middleware anew; the disk is looked through by the first only."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def look_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:  # type: ignore[no-untyped-def]
    """Transactional tests empty the tables, which the audit log refuses."""
    from django.db import connection
    from django.test import TransactionTestCase

    from tests.emptying import be_ready, empty_tables

    TransactionTestCase._fixture_teardown = lambda _test: empty_tables()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("core_auditevent", "core_auditseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER audit_append_only")
        be_ready()


@pytest.fixture(scope="module")
def rows_of_module(django_db_setup, django_db_blocker) -> Iterator[None]:  # type: ignore[no-untyped-def]
    """Rows that fixtures of a module make once; each test undoes its own on top of them.

    A fixture that asks for this makes its rows under `django_db_blocker.unblock()`. They are not
    committed, so a module that uses it has no transactional tests, and time in the database stands
    still in it.
    """
    from django.db import transaction

    kept = transaction.atomic()
    kept._from_testcase = True  # what must be outermost may begin inside, as in Django's own tests
    with django_db_blocker.unblock():
        kept.__enter__()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        kept.__exit__(None, None, None)


@pytest.fixture(scope="session")
def _classes_at_first(django_db_setup, django_db_blocker):  # type: ignore[no-untyped-def]
    """What migrations filled in, before any test."""
    from catalog.governance.models import ClassificationLevel

    with django_db_blocker.unblock():
        return list(ClassificationLevel.objects.all())


@pytest.fixture(autouse=True)
def _first_classes(request: pytest.FixtureRequest) -> None:
    """Transactional tests begin with emptied tables: what migrations filled in stands again."""
    marker = request.node.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    if not is_marked and "transactional_db" not in request.fixturenames:
        return
    levels = request.getfixturevalue("_classes_at_first")
    request.getfixturevalue("transactional_db")
    type(levels[0]).objects.bulk_create(levels, ignore_conflicts=True)
