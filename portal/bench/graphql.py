"""GraphQL beside SQL that somebody wrote by hand for the very same answer, and beside models read
one by one as nobody should; and what requests cost that are made to hurt."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from typing import Any

import orjson
from django.db import connection
from django.test import Client, override_settings
from graphql import parse, validate

from accounts.actors import system_actor
from accounts.models import User
from accounts.services import create_token
from catalog.lineage.models import ProductEdge
from catalog.products.models import DataProduct
from catalog.quality.models import DimensionScore
from catalog.search.models import SearchEntry
from core.errors import Conflict
from core.graphql.execution import Context, Documents, answer_sets, prepare
from portal.bench.core import (
    HOST,
    SAMPLES,
    Answered,
    Budget,
    Case,
    Figure,
    Result,
    measure,
    measure_together,
)
from portal.bench.hostile import HOSTILE, Hostile
from portal.bench.readers import NAMES, readers
from portal.graphql.schema import schema

FIRST = 100
TIMES = 5  # the time of the hand-written SQL, granted
STATEMENTS = 8  # of the query itself
UNBOUNDED = 10**12  # nobody is sent away while this is measured
NAIVE = 20  # samples of what takes long
REFUSALS = 20  # of each request made to hurt
REFUSED_WITHIN_MS = 50
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
    """All by turns, after a look whether they say the same.

    Raises:
        Conflict: the answers differ; a ratio would say nothing.
    """
    with readers() as clients, override_settings(GRAPHQL_BUDGET=UNBOUNDED):
        client = clients["steward"]
        script = _script(NAMES["steward"])
        _compare(script)
        query, in_browser, by_hand, empty, naive = measure_together(
            [
                Case("GraphQL: 100 products", [lambda: _ask(script, QUERY)] * samples),
                Case("the same by session", [lambda: _ask(client, QUERY)] * samples),
                Case("the same by hand", [_by_hand] * samples),
                Case("GraphQL: nothing", [lambda: _ask(script, EMPTY)] * samples),
                Case("the same by models, naively", [_by_models] * min(samples, NAIVE)),
            ]
        )
        refused = [_refusal(script, each, min(samples, REFUSALS)) for each in HOSTILE]
    slowest = max(refused, key=lambda each: each.response.p95)
    extra = {
        "requests made to hurt": len(refused),
        "the slowest of them, p95 ms": f"{slowest.response.p95:.1f} ({slowest.name})",
        "time with the limits checked, times that without": round(overhead(), 3),
    }
    return Result(
        "graphql",
        {},
        [by_hand, naive, empty],
        [_judged(query, by_hand, empty), _judged(in_browser, by_hand, empty), slowest],
        extra,
    )


def _script(username: str) -> Client:
    """What sends a token, as scripts do."""
    user = User.objects.get(username=username)
    _, text = create_token(user=user, name="bench", scopes=["read"])
    return Client(SERVER_NAME=HOST, headers={"authorization": f"Bearer {text}"})


def _refusal(client: Client, hostile: Hostile, samples: int) -> Figure:
    def call() -> Answered:
        answer: Answered = client.post("/graphql/", hostile.body, content_type="application/json")
        return answer

    budget = Budget(response_p95_ms=REFUSED_WITHIN_MS)
    return measure(Case(hostile.name, [call] * samples, budget, frozenset({400})))


def overhead(times: int = 30) -> float:
    """A query that is seen for the first time, from text to answer: with all checks, as a multiple
    of parsing, validating and carrying it out alone."""
    kind = schema.graphql_schema
    context = Context(system_actor())
    checked, bare = [], []
    for _ in range(times):
        started = time.process_time()
        prepared = prepare(kind, Documents(), QUERY, {"first": FIRST})
        answer_sets(kind, prepared, context)
        checked.append(time.process_time() - started)
        started = time.process_time()
        document = parse(QUERY)
        validate(kind, document)
        answer_sets(kind, replace(prepared, document=document), context)
        bare.append(time.process_time() - started)
    return statistics.median(checked) / statistics.median(bare)


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


def _by_models() -> _Text:
    """Each product, then what hangs on it: what resolvers over models come to by themselves."""
    nodes = []
    entries = SearchEntry.objects.filter(kind="product").order_by("-rank", "id")[:FIRST]
    for entry in entries:
        product = DataProduct.objects.get(pk=entry.object_id)
        edges = ProductEdge.objects.filter(target=product).order_by("source__fqn")
        sources = {each.source_id: each.source for each in edges}
        dimensions = DimensionScore.objects.filter(product=product).order_by("dimension")
        nodes.append(
            {
                "fqn": product.fqn,
                "name": product.name,
                "owner": {"name": product.owner.name},
                "quality": {
                    "score": product.quality_score,
                    "dimensions": [
                        {"dimension": each.dimension.upper(), "score": each.score}
                        for each in dimensions
                    ],
                },
                "upstream": [
                    {"name": each.name, "distance": -1} for each in list(sources.values())[:10]
                ],
            }
        )
    edges_of_page = [{"node": node} for node in nodes]
    return _Text(orjson.dumps({"products": {"edges": edges_of_page}}).decode())


def _compare(client: Client) -> None:
    answer: Any = _ask(client, QUERY)
    data = orjson.loads(answer.content).get("data")
    for other in (_by_hand(), _by_models()):
        if data != orjson.loads(other.content):
            raise Conflict("GraphQL and what it is measured against do not say the same.")
