"""The whole suite in several processes, each with a data folder and servers of its own.

So nothing that tests change is shared between processes: not even the roles of a server.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from portal.ops.testing import servers

BROWSER = "tests/browser"
_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Around the others, because in this hook pytest-django reads the settings."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        _stack.enter_context(servers(os.environ))
    return (yield)


def pytest_unconfigure() -> None:
    _stack.close()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return InOrder(config, log)


class InOrder(LoadScopeScheduling):
    """One test after the other, but those in a browser together: they share one portal.

    pytest-django's order must stand in each process (hence `--no-loadscope-reorder`): tests that
    empty the tables come after those that roll back, and the browser, whose event loop Django
    takes for asynchronous code, after all that use the database.
    """

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(f"{BROWSER}/") else nodeid
