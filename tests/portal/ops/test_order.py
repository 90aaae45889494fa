"""Which process of a whole run gets which test, and when."""

from itertools import chain
from types import SimpleNamespace

import pytest

from tests.workers import BROWSER, InOrder

ORDINARY = [f"tests/catalog/test_a.py::test_{n}" for n in range(40)]
CHAOS = [f"tests/chaos/test_stalls.py::test_{n}" for n in range(5)]
PAGES = [f"{BROWSER}test_pages.py::test_{n}" for n in range(3)]
STORIES = [f"{BROWSER}test_story.py::test_{n}" for n in range(4)]
COMMANDS = [f"tests/portal/ops/test_commands.py::test_{n}" for n in range(2)]


class Process:
    """What xdist's scheduler knows of a process: where its orders go to, and when to end."""

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="gw")
        self.got: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.shutting_down
        self.got += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.fixture
def done(pytestconfig, monkeypatch):
    """`done(3, tests)`: what each of so many processes did, each one test at a time.

    The process that comes to `dies_at` ends there; what it had is for the others, and for the one
    that xdist starts instead.
    """
    monkeypatch.setattr(pytestconfig.option, "loadscopereorder", False)

    def run(processes: int, tests: list[str], *, dies_at: str = "") -> list[list[str]]:
        monkeypatch.setattr(pytestconfig.option, "tx", ["popen"] * processes)
        order = InOrder(pytestconfig, None)
        nodes: dict[Process, list[str]] = {}

        def start() -> None:
            node = Process()
            nodes[node] = []
            order.add_node(node)
            order.add_node_collection(node, tests)

        for _ in range(processes):
            start()
        order.schedule()
        while order.nodes:
            for node in order.nodes:
                if len(nodes[node]) == len(node.got):
                    assert node.shutting_down or not order.workqueue, "it waits for ever"
                    order.remove_node(node)
                    continue
                index = node.got[len(nodes[node])]
                if tests[index] == dies_at:
                    dies_at = ""
                    order.remove_node(node)
                    start()
                    order.schedule()
                    continue
                nodes[node].append(tests[index])
                order.mark_test_complete(node, index)
        assert not order.workqueue
        return list(nodes.values())

    return run


def test_what_waits_has_the_last_process_and_the_browser_ends_it(done):
    tests = [*ORDINARY, *CHAOS, *PAGES, *COMMANDS]

    *others, patient = done(3, tests)

    assert patient == [*CHAOS, *COMMANDS, *PAGES]
    assert sorted(chain(*others)) == sorted(ORDINARY)
    assert all(each == sorted(each, key=tests.index) for each in others)


def test_the_others_help_with_what_waits_but_not_in_the_browser(done):
    tests = [*CHAOS, *PAGES, *[f"tests/chaos/test_grants.py::test_{n}" for n in range(30)]]

    *others, patient = done(3, tests)

    assert patient[-3:] == PAGES
    assert all(each and not set(each) & set(PAGES) for each in others)
    assert sorted(chain(patient, *others)) == sorted(tests)


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_two_processes_end_with_the_browser(done, processes):
    tests = [*ORDINARY, *CHAOS, *PAGES, *STORIES]

    *others, patient = done(processes, tests)

    halves = [one for one in (patient, *others) if set(one) & {*PAGES, *STORIES}]
    assert halves[0] is patient
    assert sorted(each[-1] for each in halves) == [PAGES[-1], STORIES[-1]]
    assert all(one == sorted(one, key=[*PAGES, *STORIES].__contains__) for one in halves)
    assert sorted(chain(patient, *others)) == sorted(tests)


def test_one_process_does_everything_and_the_browser_last(done):
    (each,) = done(1, [*ORDINARY, *PAGES, *COMMANDS, *STORIES, *CHAOS])

    assert each == [*ORDINARY, *COMMANDS, *CHAOS, *PAGES, *STORIES]


def test_where_nothing_waits_all_processes_do_the_rest(done):
    each = done(3, ORDINARY)

    assert all(each)
    assert sorted(chain(*each)) == sorted(ORDINARY)


@pytest.mark.parametrize("browser", [PAGES, [*PAGES, *STORIES]])
@pytest.mark.parametrize("place", [CHAOS[1], PAGES[1], STORIES[1]])
def test_another_process_goes_on_where_the_one_for_what_waits_dies(done, place, browser):
    tests = [*ORDINARY, *CHAOS, *browser]

    each = done(3, tests, dies_at=place)

    assert set(chain(*each)) >= set(tests) - {place}
    assert all(one == sorted(one, key=browser.__contains__) for one in each)
