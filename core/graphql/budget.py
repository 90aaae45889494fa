"""How much an actor may ask in one minute, over all processes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from django.conf import settings

from core import prepared

REFUSED = 500  # for a request that is not carried out: the most that its checks take
MOST_AWAY = 10_000  # actors
_away: dict[int, float] = {}  # until when who has only refusals left is not even read, in seconds

# One row an actor. A spending that would go over the budget changes nothing and returns no row.
# The commit waits for no disk: what a crash forgets of a minute harms nobody.
SPEND = """
INSERT INTO core_graphqlbudget AS b (actor_id, minute, spent)
SELECT %(actor)s::bigint, date_trunc('minute', clock_timestamp()), %(cost)s::bigint
WHERE set_config('synchronous_commit', 'off', true) = 'off'
ON CONFLICT (actor_id) DO UPDATE SET
    spent = CASE WHEN b.minute = excluded.minute THEN b.spent ELSE 0 END + excluded.spent,
    minute = excluded.minute
WHERE b.minute <> excluded.minute OR b.spent + excluded.spent <= %(budget)s::bigint
RETURNING spent
"""
LEFT = """
SELECT %(budget)s::bigint - spent, 60 - extract(second FROM clock_timestamp())
FROM core_graphqlbudget WHERE actor_id = %(actor)s
"""


@dataclass(frozen=True)
class Spending:
    """`remaining` of the minute's budget; `retry_after_s` is set when it was not enough."""

    remaining: int
    retry_after_s: int | None = None


def spend(actor_id: int, cost: int) -> Spending:
    """Take `cost` from the actor's budget, all or nothing. One SQL statement when it suffices."""
    given = {"actor": actor_id, "cost": cost, "budget": settings.GRAPHQL_BUDGET}
    for (spent,) in prepared.ask(SPEND, **given):
        if spent <= settings.GRAPHQL_BUDGET:
            return Spending(settings.GRAPHQL_BUDGET - spent)
    [(left, wait_s)] = prepared.ask(LEFT, budget=given["budget"], actor=actor_id) or [(0, 60)]
    return Spending(max(0, left), retry_after_s=max(1, math.ceil(wait_s)))


def spend_refused(actor_id: int) -> Spending:
    """Take what a refusal costs. Who has not even that left is `sent_away` until the minute ends:
    to find out that a request is bad takes longer than anything else about it."""
    spending = spend(actor_id, REFUSED)
    if spending.retry_after_s is not None:
        if len(_away) >= MOST_AWAY:
            _away.clear()
        _away[actor_id] = time.monotonic() + spending.retry_after_s
    return spending


def sent_away(actor_id: int) -> Spending | None:
    """The answer to somebody whom this process does not read now; None: read on."""
    until = _away.get(actor_id)
    if until is None:
        return None
    left_s = until - time.monotonic()
    if left_s > 0:
        return Spending(0, retry_after_s=math.ceil(left_s))
    _away.pop(actor_id, None)
    return None
