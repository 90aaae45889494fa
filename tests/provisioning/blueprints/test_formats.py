"""Placeholders, typed values and names: pure functions."""

import json
import shlex
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from provisioning.blueprints.formats.names import name_problems
from provisioning.blueprints.formats.placeholders import filled, placeholders
from provisioning.blueprints.formats.twins import as_curl, as_graphql
from provisioning.blueprints.formats.typed import raw_of, typed

SCHEMA = {
    "properties": {
        "title": {"type": "string"},
        "days": {"type": "integer"},
        "open": {"type": "boolean"},
        "rows": {
            "type": "array",
            "items": {"properties": {"name": {"type": "string"}, "key": {"type": "boolean"}}},
        },
        "text": {"type": "string"},
    },
    "oneOf": [{"required": ["rows"]}, {"required": ["text"]}],
}


def test_a_lone_placeholder_becomes_the_value_and_others_become_text():
    values = {"list": [1, {"a": 2}], "slug": "orders", "none": None}

    spec = {"all": "${list}", "name": "dp_${slug}", "gone": "${none}", "deep": ["${slug}"]}

    assert filled(spec, values) == {
        "all": [1, {"a": 2}],
        "name": "dp_orders",
        "deep": ["orders"],
    }


def test_what_is_put_in_is_not_read_for_placeholders_again():
    assert filled("${a} ${b}", {"a": "${b}", "b": "x"}) == "${b} x"


def test_every_placeholder_is_told_with_its_pointer():
    found = list(placeholders({"a": ["x ${one}", {"b/c": "${two}"}]}))

    assert found == [("/a/0", "one"), ("/a/1/b~1c", "two")]


def test_typed_values_leave_out_what_is_empty_or_was_not_chosen():
    raw = {
        "title": "",
        "days": "30",
        "open": "true",
        "rows": [{"name": "a", "key": "true"}, {"name": "b", "key": ""}],
        "text": "not chosen",
        "choice": "rows",
    }

    assert typed(SCHEMA, raw) == {
        "days": 30,
        "open": True,
        "rows": [{"name": "a", "key": True}, {"name": "b"}],
    }


def test_what_is_no_number_stays_as_typed_so_that_the_schema_refuses_it():
    assert typed(SCHEMA, {"days": "3 weeks", "choice": "rows"}) == {"days": "3 weeks"}


def test_parameters_and_form_are_each_others_inverse():
    parameters = {"title": "x", "days": 3, "rows": [{"name": "a", "key": True}]}

    assert typed(SCHEMA, raw_of(SCHEMA, parameters)) == parameters


@pytest.mark.parametrize("name", ["Store returns", "Zahlungsströme 2", '"; drop schema', "a'b\"c"])
def test_names_that_can_be_made_safe_are_taken(name):
    assert name_problems(name, "/name") == []


@pytest.mark.parametrize(
    "name",
    [
        "\u043erders",
        "注文",
        "pg_catalog",
        "PG Catalog",
        "or\u200bders",
        "\u202eorders",
        "!!",
        "api",
    ],
)
def test_names_that_mislead_or_have_no_address_are_refused(name):
    assert [problem.pointer for problem in name_problems(name, "/name")] == ["/name"]


BODY = {"blueprint": "b", "parameters": {"name": "x"}, "purpose": "why"}


def test_the_graphql_twin_is_valid_against_the_schema():
    schema = build_schema(Path("schema.graphql").read_text())
    mutation, _, variables = as_graphql(BODY).partition("\n\n")

    assert validate(schema, parse(mutation)) == []
    assert json.loads(variables) == BODY


def test_the_curl_twin_survives_quotes_in_what_people_wrote():
    body = {**BODY, "parameters": {"name": "it's $HOME `id`"}}

    text = as_curl(body, "http://portal/api/v1/requests")

    words = shlex.split(text.replace("\\\n", " "))

    assert json.loads(words[-1])["parameters"] == {"name": "it's $HOME `id`"}
