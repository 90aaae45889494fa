"""Rounds of work beside a schedule: after the commit, one at a time, and never the last one."""

import threading
import time

import pytest
from django.db import transaction

from core.rounds import Round

WAIT_S = 10
pytestmark = pytest.mark.django_db(transaction=True)


def begun(one: Round, work) -> threading.Event:
    ended = threading.Event()

    def noted() -> None:
        try:
            work()
        finally:
            ended.set()

    one.begin(noted)
    return ended


def test_it_waits_for_the_commit_and_not_for_the_work():
    go_on, one = threading.Event(), Round("slow")
    with transaction.atomic():
        ended = begun(one, lambda: go_on.wait(WAIT_S))
        assert not one.is_going_on
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(WAIT_S)


def test_a_second_one_does_not_begin_while_the_first_goes_on():
    inside, go_on, one = threading.Event(), threading.Event(), Round("slow")

    def first() -> None:
        inside.set()
        go_on.wait(WAIT_S)

    ended = begun(one, first)
    assert inside.wait(WAIT_S)
    assert one.is_going_on
    second = begun(one, lambda: None)
    assert not second.wait(0.3)
    go_on.set()
    assert ended.wait(WAIT_S)


def test_what_goes_wrong_ends_one_round_only():
    one = Round("broken")

    def broken() -> None:
        raise ValueError("as it happens")

    assert begun(one, broken).wait(WAIT_S)
    while one.is_going_on:
        time.sleep(0.01)
    assert begun(one, lambda: None).wait(WAIT_S)
