"""Rules in CEL: limits, places of errors, and the process that runs them."""

import os
import signal
import threading
import time

import pytest

from core import cel
from core.cel import process

BOMB = "xs.all(a, xs.all(b, xs.all(c, xs.all(d, a + b + c + d >= 0))))"
SLOW = "xs.all(a, xs.all(b, xs.size() > 0))"
LONG = {"xs": list(range(1000))}


def values(rule, *inputs):
    return [each.value for each in cel.decide(rule, inputs)]


def test_a_rule_is_true_false_or_undecided():
    assert values("n > 1", {"n": 2}, {"n": 0}, {}) == [True, False, None]


@pytest.mark.parametrize(
    ("rule", "facts", "expected"),
    [
        ('name == "Bücher ☕ 注文"', {"name": "Bücher ☕ 注文"}, True),
        ("has(a.b)", {"a": {}}, False),
        ("a == null", {"a": None}, True),
        ("quality == null || quality >= 90.0", {"quality": 92}, True),
        ('timestamp(at) < timestamp("2027-01-01T00:00:00Z")', {"at": "2026-11-25T00:00:00Z"}, True),
        ('name.matches("^(a+)+$")', {"name": "a" * 40 + "b"}, False),
        ('"all(x.all(y.map(" == name', {"name": ""}, False),
        ("n == 9223372036854775807", {"n": 2**63 - 1}, True),
    ],
)
def test_values_of_all_kinds(rule, facts, expected):
    assert cel.decide(rule, [facts]) == [cel.Verdict(expected)]


@pytest.mark.parametrize(
    ("rule", "facts", "reason"),
    [
        ("a.b == 1", {"a": {}}, "There is no “b” here; ask has(…) first."),
        ("nothing", {}, "“nothing” is neither a fact nor a function."),
        ('n + "x" == ""', {"n": 1}, "different kinds"),
        ("n / 0 == 1", {"n": 1}, "divides by zero"),
        ("n + 1 > 0", {"n": 2**63 - 1}, "too great"),
        ("n", {"n": 1}, "something else than true or false"),
        ("n + 1 > 0", {"n": 2**70}, "different kinds"),
        ("xs.size() > 0", {"xs": list(range(1001))}, "more than 1,000"),
    ],
)
def test_what_cannot_be_decided_says_why(rule, facts, reason):
    (verdict,) = cel.decide(rule, [facts])

    assert verdict.value is None
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("rule", "place", "message"),
    [
        ("", (1, 1), "Write a rule"),
        ("n >", (1, 4), "ends too early"),
        ("n > 1 &&\n  && n", (2, 3), "“&&” is not expected here."),
        ("n == 1 &&\n  purpos == ''", (2, 3), "“purpos” is no fact"),
        ("n == 1 && now()", (1, 11), "There is no function “now”."),
        ("n == '" + "ä" * 2100 + "'", (1, 1), "longer than 4,096 bytes"),
        (BOMB, (1, 24), "No more than 2"),
        ("xs.all(a, true)" + " && xs.all(a, true)" * 4, (1, 80), "at most 4"),
    ],
)
def test_a_wrong_rule_says_where(rule, place, message):
    problem = cel.check(rule, {"n", "xs"})[0]

    assert (problem.line, problem.column) == place
    assert message in problem.message


def test_a_good_rule_has_no_problems():
    rule = 'xs.exists(x, x.map(y, y + 1).size() > 0) && size(name) > 1 && !("x" in name)  // words'

    assert cel.check(rule, {"xs", "name"}) == []


def test_the_nested_bomb_never_reaches_the_library():
    started = time.monotonic()

    (verdict,) = cel.decide(BOMB, [{"xs": list(range(60))}])

    assert verdict.value is None
    assert "No more than 2" in verdict.reason
    assert time.monotonic() - started < 1


def test_an_overrun_decides_nothing_and_the_next_rule_is_answered():
    started = time.monotonic()

    assert cel.decide(SLOW, [LONG]) == [cel.Verdict(None, "It took longer than 100 ms.")]

    assert time.monotonic() - started < 5
    assert values("n == 1", {"n": 1}) == [True]


def test_a_rule_that_overruns_is_not_tried_for_ever():
    started = time.monotonic()

    verdicts = cel.decide(SLOW, [LONG] * 100)

    assert [each.value for each in verdicts] == [None] * 100
    assert time.monotonic() - started < 8


def test_memory_is_bounded():
    rule = "xs.map(a, text + text + text + text).size() > 0"

    (verdict,) = cel.decide(rule, [{"xs": list(range(1000)), "text": "x" * 900_000}])

    assert verdict.value is None
    assert values("n == 1", {"n": 1}) == [True]


def test_a_killed_helper_is_replaced():
    assert values("n == 1", {"n": 1}) == [True]
    before = process.helper_pid()
    os.kill(before, signal.SIGKILL)

    assert values("n == 1", {"n": 1}, {"n": 2}) == [True, False]
    assert process.helper_pid() != before


def test_a_helper_that_nobody_asks_ends_and_the_next_question_starts_one(monkeypatch):
    process._drop()
    monkeypatch.setattr(process.Helper.__init__, "__defaults__", (0.2,))
    assert values("n == 1", {"n": 1}) == [True]
    before = process.helper_pid()
    monkeypatch.undo()

    assert process._helper._process.wait(timeout=10) == 0
    assert values("n == 1", {"n": 1}) == [True]
    assert process.helper_pid() != before


def test_sixteen_threads_get_their_own_answers():
    found = {}

    def ask(number):
        inputs = [{"n": n} for n in range(50)]
        found[number] = values(f"n == {number}", *inputs)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: [n == number for n in range(50)] for number in range(16)}


def test_a_forked_child_has_a_helper_of_its_own_and_leaves_the_parents_alone():
    assert values("n == 1", {"n": 1}) == [True]
    parents = process.helper_pid()

    child = os.fork()
    if child == 0:  # what the child finds is its exit code
        answered = values("n == 1", {"n": 1}) == [True]
        own = process.helper_pid() != parents
        process._drop()
        os._exit(0 if answered and own else 1)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert values("n == 1", {"n": 1}) == [True]
    assert process.helper_pid() == parents


def test_the_library_is_not_loaded_into_this_process():
    import sys

    values("n == 1", {"n": 1})

    assert "cel.cel" not in sys.modules
    assert "cel" not in sys.modules
