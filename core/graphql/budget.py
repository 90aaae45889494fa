"""How much an actor may ask in one minute, over all processes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

# One row an actor. A spending that would go over the budget changes nothing and returns no row.
SPEND = """
INSERT INTO core_graphqlbudget AS b (actor_id, minute, spent)
VALUES (%(actor)s, date_trunc('minute', clock_timestamp()), %(cost)s)
ON CONFLICT (actor_id) DO UPDATE SET
    spent = CASE WHEN b.minute = excluded.minute THEN b.spent ELSE 0 END + excluded.spent,
    minute = excluded.minute
WHERE b.minute <> excluded.minute OR b.spent + excluded.spent <= %(budget)s
RETURNING spent
"""
LEFT = """
SELECT %(budget)s - spent, 60 - extract(second FROM clock_timestamp())
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
    with connection.cursor() as cursor:
        cursor.execute(SPEND, given)
        row = cursor.fetchone()
        if row is not None and row[0] <= settings.GRAPHQL_BUDGET:
            return Spending(settings.GRAPHQL_BUDGET - row[0])
        cursor.execute(LEFT, given)
        left, wait_s = cursor.fetchone() or (0, 60)
    return Spending(max(0, left), retry_after_s=max(1, math.ceil(wait_s)))
