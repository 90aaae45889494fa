"""Two writers at one moment, each with a connection of its own."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

WAIT_S = 20


def together(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """What both gave or raised: `second` begins while the transaction of `first` is open."""
    written, go_on = threading.Event(), threading.Event()
    results: list[object] = [None, None]

    def one() -> None:
        try:
            with transaction.atomic():
                results[0] = first()
                written.set()
                go_on.wait(WAIT_S)
        except Exception as error:  # noqa: BLE001 - it is what the test asks for
            results[0] = error
        finally:
            written.set()
            connection.close()

    def two() -> None:
        written.wait(WAIT_S)
        try:
            results[1] = second()
        except Exception as error:  # noqa: BLE001 - it is what the test asks for
            results[1] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=each) for each in (one, two)]
    for thread in threads:
        thread.start()
    written.wait(WAIT_S)
    _until_somebody_waits()
    go_on.set()
    for thread in threads:
        thread.join(WAIT_S)
    return results


def _until_somebody_waits() -> None:
    """Return when the second writer waits for a lock of the first."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                return
        pause.wait(0.05)
    pytest.fail("The second writer did not wait for the first.")
