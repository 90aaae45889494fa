"""Requests made to hurt `/graphql/`, each with the refusal it has to get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from core.graphql import limits
from core.graphql.cost import MAX_COST, MAX_SIZE, MAX_VALUES

ROWS, DAYS = MAX_SIZE["first"], MAX_SIZE["days"]


@dataclass(frozen=True)
class Hostile:
    """A body for `POST /graphql/`; `limit` is None where nothing is counted."""

    name: str
    body: bytes
    code: str
    limit: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def _asked(name: str, query: str, code: str, limit: int | None = None, **variables: Any) -> Hostile:
    return Hostile(name, orjson.dumps({"query": query, "variables": variables}), code, limit)


def _chain(kind: str, count: int, inner: str, last: str) -> str:
    """Fragments F0 to F(count - 1); `inner` names the next one as `{next}`."""
    parts = [
        f"fragment F{n} on {kind} {{ {inner.format(next=n + 1)} }}"
        if n < count - 1
        else f"fragment F{n} on {kind} {{ {last} }}"
        for n in range(count)
    ]
    return " ".join(parts)


def _aliases(count: int, selected: str) -> str:
    return " ".join(f"a{n}: {selected}" for n in range(count))


def _deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = {"a": found}
    return found


NESTED = (
    "{ products(first: 3) { edges { node { "
    + "upstream(first: 3) { product { " * 10
    + "fqn"
    + " } }" * 10
    + " } } } }"
)
FAN_OUT = """{ products(first: 200) { edges { node {
    upstream(first: 200) { product { downstream(first: 200) { id } } } } } } }"""
LIST_BOMB = "{ ...F0 } " + _chain(
    "Query",
    10,
    "products(first: 100) {{ edges {{ node {{ upstream(first: 100) {{ id }} }} }} }} ...F{next}",
    "viewer { username }",
)
DOUBLING = '{ product(fqn: "x") { ...F0 } } ' + _chain(
    "DataProduct", 26, "a: owner {{ name }} ...F{next} ...F{next}", "name"
)
TREE = (
    '{ team(slug: "x") { ...F0 } } '
    + " ".join(
        f"fragment F{n} on {kind} {{ a: {inner} {{ ...F{n + 1} }} b: {inner} {{ ...F{n + 1} }} }}"
        for n, (kind, inner) in enumerate([("Team", "domain"), ("Domain", "owner")] * 5)
    )
    + " fragment F10 on Team { name }"
)
VALUES = (
    "{ products(first: 200) { edges { node { "
    + _aliases(9, "domain { ...D }")
    + " } } } } fragment D on Domain { "
    + _aliases(9, "owner { ...T }")
    + " } fragment T on Team { id slug name kind contact url }"
)
DEEP_SCHEMA = (
    "{ __schema { types { fields { type "
    + "{ fields { type " * 9
    + "{ name }"
    + " } }" * 9
    + " } } } }"
)
WIDE_SCHEMA = (
    "{ __schema { types { "
    + _aliases(9, "fields { args { type { fields { args { name } } } } }")
    + " } } }"
)
EQUAL, TOKENS, BRACKETS = (
    ("too-many-equal-names", limits.MAX_EQUAL_NAMES),
    ("too-many-tokens", limits.MAX_TOKENS),
    ("too-deep", limits.MAX_BRACKETS),
)
FIRST = "query ($n: Int!) { products(first: $n) { edges { cursor } } }"
PARAMETERS = (
    'mutation ($p: JSON!) { submitRequest(blueprint: "x", parameters: $p) { problems { code } } }'
)

NESTING = (
    _asked("nested lists", NESTED, "too-deep", limits.MAX_DEPTH),
    _asked("lists of lists of lists", FAN_OUT, "too-expensive", MAX_COST),
    _asked("single objects, doubled ten times", TREE, "too-many-fields", limits.MAX_FIELDS),
    _asked("many values of few objects", VALUES, "too-many-values", MAX_VALUES),
    _asked("900 open braces", "{ a" * 900, *BRACKETS),
    _asked("900 open lists", "{ products(status: " + "[" * 900, *BRACKETS),
    _asked("900 open objects", "{ a(b: " + "{c: " * 900, *BRACKETS),
    _asked("a type of 500 lists", "query ($a: " + "[" * 500 + "Int" + "]" * 500, *BRACKETS),
    _asked(
        "a day of each of 27 years",
        '{ product(fqn: "x") { quality { trend(days: 9999) { day } } } }',
        "page-too-long",
        DAYS,
    ),
)
PAGES = (
    _asked(
        "first: 1,000,000",
        "{ products(first: 1000000) { edges { cursor } } }",
        "page-too-long",
        ROWS,
    ),
    _asked("first: 0", "{ products(first: 0) { edges { cursor } } }", "page-too-long", ROWS),
    _asked("first: -1", "{ products(first: -1) { edges { cursor } } }", "page-too-long", ROWS),
    _asked("first: 201 as a variable", FIRST, "page-too-long", ROWS, n=201),
    _asked(
        "first: 10^20", f"{{ products(first: {10**20}) {{ edges {{ cursor }} }} }}", "invalid-query"
    ),
    _asked(
        "first: 90,000 nines",
        "{ products(first: " + "9" * 90_000 + ") { edges { cursor } } }",
        "invalid-query",
    ),
    _asked("first: 2^31 as a variable", FIRST, "bad-variable", n=2**31),
    _asked("first: a text as a variable", FIRST, "bad-variable", n="200"),
    _asked("first: null", "{ products(first: null) { edges { cursor } } }", "invalid-query"),
    _asked("no first", "{ products { edges { cursor } } }", "invalid-query"),
)
NAMES = (
    _asked(
        "600 aliases",
        "{" + _aliases(600, "__typename") + "}",
        "too-many-aliases",
        limits.MAX_ALIASES,
    ),
    _asked("5,000 aliases", "{" + _aliases(5000, "__typename") + "}", *TOKENS),
    _asked(
        "25 root fields",
        "{" + _aliases(25, 'team(slug: "x") { name }') + "}",
        "too-many-root-fields",
        limits.MAX_ROOT_FIELDS,
    ),
    _asked(
        "25 root fields in fragments",
        "{"
        + " ".join(f'... on Query {{ a{n}: team(slug: "x") {{ name }} }}' for n in range(25))
        + "}",
        "too-many-root-fields",
        limits.MAX_ROOT_FIELDS,
    ),
    _asked("one name 1,000 times", "{ " + "__typename " * 1000 + "}", *EQUAL),
    _asked("one name 7,000 times", "{ " + "__typename " * 7000 + "}", *TOKENS),
    _asked("one name 1,000 times, deeper", "{ viewer { " + "username " * 1000 + "} }", *EQUAL),
    _asked(
        "equal names that meet by merging",
        "{ " + f"viewer {{ {'username ' * 15} }} " * 15 + "}",
        *EQUAL,
    ),
    _asked("an unknown name of 90,000 letters", "{ " + "a" * 90_000 + " }", "invalid-query"),
    _asked(
        "500 unknown names",
        "{ viewer { " + " ".join(f"usernam{n}" for n in range(500)) + " } }",
        "invalid-query",
    ),
)
FRAGMENTS = (
    _asked("a bomb of lists", LIST_BOMB, "too-expensive", MAX_COST),
    _asked("fragments that double 25 times", DOUBLING, *EQUAL),
    _asked(
        "100 fragments",
        "{ viewer { username } } "
        + " ".join(f"fragment F{n} on Viewer {{ username }}" for n in range(100)),
        "too-many-fragments",
        limits.MAX_FRAGMENTS,
    ),
    _asked(
        "a fragment in itself", "{ viewer { ...A } } fragment A on Viewer { ...A }", "invalid-query"
    ),
    _asked(
        "a circle of 30 fragments",
        "{ viewer { ...F0 } } " + _chain("Viewer", 30, "...F{next}", "...F0"),
        "invalid-query",
    ),
    _asked(
        "a circle with aliases between",
        '{ team(slug: "x") { ...A } } fragment A on Team { a: domain { ...B } b: domain { ...B } } '
        "fragment B on Domain { a: owner { ...A } b: owner { ...A } }",
        "invalid-query",
    ),
    _asked("a fragment that nobody wrote", "{ viewer { ...A } }", "invalid-query"),
    _asked(
        "one fragment 600 times",
        "{ viewer { " + "...A " * 600 + "} } fragment A on Viewer { username }",
        *EQUAL,
    ),
)
DIRECTIVES = (
    _asked(
        "100 directives",
        "{ viewer " + "@include(if: true) " * 100 + "{ username } }",
        "too-many-directives",
        limits.MAX_DIRECTIVES,
    ),
    _asked("5,000 unknown directives", "{ viewer " + "@a" * 5000 + " { username } }", *TOKENS),
    _asked(
        "directives on the operation",
        "query " + "@a " * 300 + "{ viewer { username } }",
        "too-many-directives",
        limits.MAX_DIRECTIVES,
    ),
    _asked("an unknown directive", "{ viewer @defer { username } }", "invalid-query"),
)
INTROSPECTION = (
    _asked("introspection, deep", DEEP_SCHEMA, "too-deep", limits.MAX_INTROSPECTION_DEPTH),
    _asked("introspection, wide", WIDE_SCHEMA, "too-expensive", MAX_COST),
    _asked(
        "introspection, 15 times",
        "{" + _aliases(15, "__schema { types { fields { name } } }") + "}",
        "too-expensive",
        MAX_COST,
    ),
)
VARIABLES = (
    _asked("200 objects in objects", PARAMETERS, "too-deep", limits.MAX_BRACKETS, p=_deep(200)),
    _asked(
        "900 variables",
        "query (" + " ".join(f"$a{n}: Int" for n in range(900)) + ") { __typename }",
        *TOKENS,
    ),
    _asked(
        "a list of 9,000 values",
        "query ($s: [ProductStatus!]) { products(first: 1, status: $s) { edges { cursor } } }",
        "too-many-inputs",
        limits.MAX_INPUTS,
        s=["ACTIVE"] * 9_000,
    ),
    Hostile(
        "5,000 objects in objects",
        b'{"query": "{ __typename }", "variables": {"a": ' + b'{"a": ' * 5000 + b"1" + b"}" * 5002,
        "bad-json",
    ),
    _asked(
        "6,000 members",
        PARAMETERS,
        "too-many-inputs",
        limits.MAX_INPUTS,
        p={f"a{n}": n for n in range(6_000)},
    ),
    _asked(
        "an unknown operation", "query A { __typename } query B { __typename }", "unknown-operation"
    ),
    _asked(
        "400 operations",
        " ".join(f"query Q{n} {{ __typename }}" for n in range(400)),
        "too-many-operations",
        limits.MAX_OPERATIONS,
    ),
    _asked("a subscription", "subscription { viewer { username } }", "invalid-query"),
    _asked("an integer beyond 64 bit", FIRST, "bad-variable", n=1e300),
)
BODIES = (
    Hostile(
        "1 MB of text",
        orjson.dumps({"query": '{ team(slug: "' + "x" * 1_000_000 + '") { name } }'}),
        "too-large",
        limits.MAX_BYTES,
    ),
    Hostile(
        "1 MB of comment",
        orjson.dumps({"query": "{ __typename } # " + "x" * 1_000_000}),
        "too-large",
        limits.MAX_BYTES,
    ),
    _asked("60 KB of comments", "#\n" * 30_000 + "{", *TOKENS),
    _asked("90 KB of commas", "{" + "," * 90_000, "syntax"),
    _asked("a block string that does not end", '{ a(b: """' + 'x\\"""' * 9_000, "syntax"),
    _asked("a string that does not end", '{ a(b: "' + "\\u00e9" * 9_000, "syntax"),
    Hostile("a batch of 1,000", orjson.dumps([{"query": "{ __typename }"}] * 1000), "batch", 1),
    Hostile("an empty batch", b"[]", "batch", 1),
    Hostile("no JSON", b"query { viewer }", "bad-json"),
    Hostile("half of a JSON document", b'{"query": "{ __typename }"', "bad-json"),
    Hostile("UTF-16", '{"query": "{ __typename }"}'.encode("utf-16"), "bad-json"),
    Hostile(
        "half a surrogate pair", b'{"query": "{ team(slug: \\"\\ud800\\") { name } }"}', "bad-json"
    ),
    Hostile("NaN", b'{"query": "{ __typename }", "variables": {"a": NaN}}', "bad-json"),
    Hostile(
        "a key twice", b'{"query": "{ __typename }", "query": "{ viewer { name } }"}', "bad-json"
    ),
    Hostile("an empty body", b" ", "bad-json"),
    _asked("NUL in the query", '{ team(slug: "\0") { name } }', "bad-request"),
    _asked(
        "NUL in a variable",
        "query ($s: String!) { team(slug: $s) { name } }",
        "bad-request",
        s="a\0",
    ),
    Hostile("no query", b"{}", "bad-request"),
    Hostile("a query that is a number", b'{"query": 1}', "bad-request"),
    Hostile(
        "variables that are a list", b'{"query": "{ __typename }", "variables": [1]}', "bad-request"
    ),
    Hostile(
        "a name that is an object",
        b'{"query": "{ __typename }", "operationName": {}}',
        "bad-request",
    ),
)
HOSTILE = (
    *NESTING,
    *PAGES,
    *NAMES,
    *FRAGMENTS,
    *DIRECTIVES,
    *INTROSPECTION,
    *VARIABLES,
    *BODIES,
)
