"""GraphQL beside SQL that somebody wrote by hand for the very same answer."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection
from django.test import Client

from core.errors import Conflict
from portal.bench.core import SAMPLES, Answered, Budget, Case, Figure, Result, measure_together
from portal.bench.readers import readers

FIRST = 100
TIMES = 5  # the time of the hand-written SQL, granted
STATEMENTS = 8  # of the query itself
QUERY = """query Products($first: Int!) {
  products(first: $first) { edges { node {
    fqn name owner { name } quality { score dimensions { dimension score } }
    upstream { name distance }
  } } } }"""
EMPTY = "{ __typename }"  # what is asked of the database for every query: who asks, budget, limit

# The same answer for a reader who sees all: one statement, and the database writes the JSON.
BY_HAND = """
SELECT json_build_object('products', json_build_object('edges', coalesce(json_agg(
    json_build_object('node', json_build_object(
        'fqn', p.fqn, 'name', p.name, 'owner', json_build_object('name', t.name),
        'quality', json_build_object('score', p.quality_score, 'dimensions', dimensions.found),
        'upstream', upstream.found
    )) ORDER BY page.rank DESC, page.id), '[]')))::text
FROM (
    SELECT id, object_id, rank FROM search_searchentry WHERE kind = 'product'
    ORDER BY rank DESC, id LIMIT %s
) AS page
JOIN products_dataproduct p ON p.id = page.object_id::uuid
JOIN accounts_team t ON t.id = p.owner_id
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('dimension', upper(d.dimension), 'score', d.score)
        ORDER BY d.dimension), '[]') AS found
    FROM quality_dimensionscore d WHERE d.product_id = p.id
) AS dimensions
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object('name', s.name, 'distance', -1) ORDER BY s.fqn),
        '[]') AS found
    FROM (
        SELECT DISTINCT s.name, s.fqn FROM lineage_productedge e
        JOIN products_dataproduct s ON s.id = e.source_id
        WHERE e.target_id = p.id ORDER BY s.fqn LIMIT 10
    ) AS s
) AS upstream
"""


def run(samples: int = SAMPLES) -> Result:
    """Both by turns, after a look whether they say the same.

    Raises:
        Conflict: the answers differ; a ratio would say nothing.
    """
    with readers() as clients:
        client = clients["steward"]
        _compare(client)
        query, by_hand, empty = measure_together(
            [
                Case("GraphQL: 100 products", [lambda: _ask(client, QUERY)] * samples),
                Case("the same by hand", [_by_hand] * samples),
                Case("GraphQL: nothing", [lambda: _ask(client, EMPTY)] * samples),
            ]
        )
    return Result("graphql", {}, [by_hand, empty], [_judged(query, by_hand, empty)])


def _judged(query: Figure, by_hand: Figure, empty: Figure) -> Figure:
    """The figure with its budget: a multiple of the floor, and the statements all queries have."""
    granted = Budget(
        statements=STATEMENTS + empty.statements,
        response_p95_ms=TIMES * by_hand.response.p95,
        cpu_p50_ms=TIMES * by_hand.cpu.p50,
    )
    return Figure(**{**vars(query), "budget": granted})


def _ask(client: Client, query: str) -> Answered:
    body: dict[str, Any] = {"query": query}
    if query is QUERY:
        body["variables"] = {"first": FIRST}
    answer: Answered = client.post("/graphql/", body, content_type="application/json")
    return answer


class _Text:
    """An answer without a web server."""

    status_code = 200

    def __init__(self, content: str) -> None:
        self.content = content.encode()


def _by_hand() -> _Text:
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND, [FIRST])
        return _Text(cursor.fetchone()[0])


def _compare(client: Client) -> None:
    answer: Any = _ask(client, QUERY)
    if orjson.loads(answer.content).get("data") != orjson.loads(_by_hand().content):
        raise Conflict("GraphQL and the hand-written SQL do not say the same.")
