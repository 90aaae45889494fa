"""Batches run once for all rows that were read together; limits follow fragments."""

from types import SimpleNamespace

import graphene
import pytest
from graphql import get_operation_ast, parse

from core.graphql import load, rows_of
from core.graphql.cost import cost_of
from core.graphql.limits import TooMuch, check_document, check_tokens

INFO = SimpleNamespace(context=SimpleNamespace(actor=None))


class Counted:
    """A batch that remembers what it was asked."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def __call__(self, actor, ids, **arguments):
        self.asked.append((set(ids), arguments))
        return {key: self.answers[key] for key in ids if key in self.answers}


def test_a_batch_runs_once_for_all_rows_read_together():
    batch = Counted({1: {"name": "a"}, 2: {"name": "b"}})
    rows = rows_of([{"team": 1}, {"team": 2}, {"team": 1}, {"team": None}, {"team": 3}])

    found = [load(row, batch, INFO, key="team") for row in rows]

    assert [each and each.values["name"] for each in found] == ["a", "b", "a", None, None]
    assert batch.asked == [({1, 2, 3}, {})]


def test_the_children_of_all_parents_are_peers_too():
    children = Counted({1: [{"id": 10}, {"id": 11}], 2: [{"id": 12}]})
    names = Counted({10: {"name": "x"}, 11: {"name": "y"}, 12: {"name": "z"}})
    rows = rows_of([{"id": 1}, {"id": 2}])

    found = [
        load(child, names, INFO).values["name"]
        for row in rows
        for child in load(row, children, INFO)
    ]

    assert found == ["x", "y", "z"]
    assert names.asked == [({10, 11, 12}, {})]


def test_other_arguments_are_another_question():
    batch = Counted({1: []})
    (row,) = rows_of([{"id": 1}])

    for first in (1, 2, 1):
        load(row, batch, INFO, first=first)

    assert [arguments for _, arguments in batch.asked] == [{"first": 1}, {"first": 2}]


class Node(graphene.ObjectType):
    name = graphene.String()
    children = graphene.Field(
        graphene.List(lambda: Node), first=graphene.Int(required=True, default_value=10)
    )
    fixed = graphene.List(lambda: Node)


class Query(graphene.ObjectType):
    nodes = graphene.Field(graphene.List(Node), first=graphene.Int(required=True))


SCHEMA = graphene.Schema(query=Query).graphql_schema


def cost(text, **variables):
    document = parse(text)
    return cost_of(SCHEMA, document, get_operation_ast(document), variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ nodes(first: 7) { name } }", 7),
        ("{ nodes(first: 7) { children { name } } }", 7 + 7 * 10),
        ("{ nodes(first: 7) { fixed { children(first: 2) { name } } } }", 7 + 7 * 2),
        ("{ nodes(first: 2) { ...F } } fragment F on Node { children(first: 3) { name } }", 8),
        ("{ ...A ...A } fragment A on Query { nodes(first: 5) { name } }", 10),
        ("{ ... on Query { nodes(first: 5) { name } } }", 5),
        ("{ __typename }", 0),
    ],
)
def test_cost_is_one_per_object_and_lists_multiply(text, expected):
    assert cost(text) == expected


def test_a_variable_is_counted_with_its_value():
    assert cost("query ($n: Int!) { nodes(first: $n) { name } }", n=9) == 9


def test_a_cycle_of_fragments_ends():
    check_document(parse("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"))


def test_depth_counts_through_fragments():
    parts = " ".join(f"fragment F{n} on Node {{ fixed {{ ...F{n + 1} }} }}" for n in range(1, 14))
    document = parse(f"{{ nodes {{ ...F1 }} }} {parts} fragment F14 on Node {{ name }}")

    with pytest.raises(TooMuch) as refused:
        check_document(document)

    assert (refused.value.code, refused.value.limit) == ("too-deep", 12)


def test_tokens_after_the_limit_are_not_looked_at():
    with pytest.raises(TooMuch) as refused:
        check_tokens("a " * 2001 + "\x00")

    assert refused.value.found == 2001
