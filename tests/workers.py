"""The whole suite in several processes, each with a data folder and servers of its own.

So nothing that tests change is shared between processes: not even the roles of a server.
"""

import os
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from portal.ops.testing import servers

BROWSER = "tests/browser"
BESIDE = 200  # tests that take about as long as those in the browser
# What they share takes longer to make than they take themselves: a portal, a company, many rows.
TOGETHER = (
    BROWSER,
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


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return InOrder(config, log)


class InOrder(LoadScopeScheduling):
    """One test after the other, but those of a place in `TOGETHER` in one process.

    pytest-django's order must stand in each process (hence `--no-loadscope-reorder`): tests that
    empty the tables come after those that roll back, and the browser, whose event loop Django
    takes for asynchronous code, after all that use the database. So the process that gets the
    browser gets nothing after it, and gets it while the others have `BESIDE` tests to go: handed
    out as the very last, it would keep one process busy for minutes and the others idle.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        left = len(self.workqueue)
        others = any(each is not node and not each.shutting_down for each in self.nodes)
        if BROWSER not in self.workqueue or left > (BESIDE if others else 1):
            super()._assign_work_unit(node)
            return
        self.workqueue.move_to_end(BROWSER, last=False)
        super()._assign_work_unit(node)
        node.shutdown()  # when it has done that

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Forget what is done: each time, what is left is counted over all that was given."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]
