"""The whole suite in several processes, each with a data folder and servers of its own.

So nothing that tests change is shared between processes: not even the roles of a server.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack
from functools import cached_property
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from portal.ops.testing import servers

BROWSER = "tests/browser/"
# Pages that are looked at, and stories that are played: two portals, at the same time.
LOOKED_AT = tuple(f"{BROWSER}test_{each}" for each in ("pages", "lineage.", "hostile"))
PLAYED = f"{BROWSER} stories"
# They wait more than they work: for processes that they start and kill, for clocks, for pages.
# None that rolls back is among them.
WAITING = (
    "tests/chaos",
    "tests/provisioning/jobs/test_workers.py",
    "tests/portal/ops/test_commands.py",
    "tests/portal/ops/test_portal.py",
    "tests/portal/ops/test_postgres.py",
    BROWSER,
)
# What they share takes longer to make than they take themselves: a portal, a company, many rows.
TOGETHER = (
    "tests/chaos/test_storms.py",
    "tests/portal/test_demo.py",
    "tests/catalog/search/test_plans.py",
)
_stack = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """Around the others, because in this hook pytest-django reads the settings."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        _stack.enter_context(servers(os.environ))
    return (yield)


def pytest_unconfigure() -> None:
    _stack.close()


def _is_browser(scope: str) -> bool:
    return scope.startswith(BROWSER)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return InOrder(config, log)


class InOrder(LoadScopeScheduling):
    """One test after the other, but those of a place in `TOGETHER` in one process.

    pytest-django's order must stand in each process (hence `--no-loadscope-reorder`): tests that
    empty the tables come after those that roll back, and the browser, whose event loop Django
    takes for asynchronous code, after all that use the database. So what waits has a process of
    its own, one more than there are cores, which ends with the browser and gets nothing after it;
    the others help it with the rest when they have nothing else to do, and one of them ends with
    the other half of the browser's.
    """

    @cached_property
    def _waiting(self) -> list[str]:
        """The scopes of `WAITING`, the browser's last; from now on they end the queue."""
        found = [scope for scope in self.workqueue if scope.startswith(WAITING)]
        found.sort(key=_is_browser)
        for scope in found:
            self.workqueue.move_to_end(scope)
        return found

    @cached_property
    def _patient(self) -> WorkerController | None:
        """The process for what waits; with one process, or nothing that waits, there is none."""
        return self.nodes[-1] if self._waiting and len(self.nodes) > 1 else None

    def _split_scope(self, nodeid: str) -> str:
        if _is_browser(nodeid):
            return BROWSER if nodeid.startswith(LOOKED_AT) else PLAYED
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        scope = self._next_for(node)
        if scope is not None:
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)
        if scope is None or (_is_browser(scope) and not (self.workqueue and len(self.nodes) == 1)):
            node.shutdown()  # when it has done what it was given

    def _next_for(self, node: WorkerController) -> str | None:
        """None: nothing that this process may still do."""
        if node is self._patient:
            return next((scope for scope in self._waiting if scope in self.workqueue), None)
        first = min(self.workqueue, key=_is_browser)  # what a dead process left stands behind
        is_kept = _is_browser(first) and len(self.workqueue) == 1 and self._patient_needs_one()
        return None if is_kept else first

    def _patient_needs_one(self) -> bool:
        patient = self._patient
        return patient is not None and patient in self.nodes and not patient.shutting_down

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Forget what is done: each time, what is left is counted over all that was given."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]
