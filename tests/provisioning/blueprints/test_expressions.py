"""Computed defaults, conditions, order and paths: pure functions."""

import pytest

from provisioning.blueprints.formats.conditions import applying, narrowed
from provisioning.blueprints.formats.defaults import with_defaults
from provisioning.blueprints.formats.differences import Difference, differences
from provisioning.blueprints.formats.expressions import BadExpression, computed, fields_of
from provisioning.blueprints.formats.ordering import Circle, ordered
from provisioning.blueprints.formats.outputs import Output, Result, results
from provisioning.blueprints.formats.paths import is_outside, paths_outside

VALUES = {"name": "Store Returns", "domain": "Sales", "days": 3, "open": True, "rows": [{}]}


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("${name}", "Store Returns"),
        ("dp-${slug(name)}", "dp-store-returns"),
        ("${snake(name)}", "store_returns"),
        ("${lower(domain)}/${days}", "sales/3"),
        ("${join('-', lower(domain), slug(name))}", "sales-store-returns"),
        ("${join('-', domain, nothing, days)}", "Sales-3"),
        ("${nothing}", ""),
        ("${rows}${open}", "true"),
        ("${ slug ( join ( ' ' , 'a (b)' , name ) ) }", "a-b-store-returns"),
        ("${join('${', name, days)}", None),
    ],
)
def test_a_default_is_made_of_fields_texts_and_three_functions(default, value):
    if value is None:
        with pytest.raises(BadExpression):
            fields_of(default)
    else:
        assert computed(default, VALUES) == value


@pytest.mark.parametrize(
    "default",
    [
        *("${}", "${name", "${upper(name)}", "${slug()}", "${slug(name, name)}", "${join('-')}"),
        *("${name.upper}", "${name name}", "${slug(name}", "${'a}", "${__import__('os')}"),
        *("${name|upper}", "${1}", "${,}", "${" + "slug(" * 20 + "name" + ")" * 20 + "}"),
    ],
)
def test_anything_else_is_no_expression(default):
    with pytest.raises(BadExpression):
        fields_of(default)


def test_what_is_put_in_is_not_an_expression_again():
    assert computed("${name}", {"name": "${days}", "days": 1}) == "${days}"


SCHEMA = {
    "required": ["kind", "street", "floor"],
    "properties": {
        "kind": {"type": "string", "default": "mail"},
        "express": {"type": "boolean"},
        "street": {"type": "string", "x-ui": {"when": {"kind": ["post", "visit"]}}},
        "floor": {"type": "integer", "x-ui": {"when": {"street": "High"}}},
        "hour": {"type": "string", "x-ui": {"when": {"express": True, "kind": "post"}}},
        "slow": {"type": "string", "x-ui": {"when": {"express": False}}},
    },
}


@pytest.mark.parametrize(
    ("values", "hidden"),
    [
        ({}, {"street", "floor", "hour"}),
        ({"kind": "post"}, {"floor", "hour"}),
        ({"kind": "post", "street": "High"}, {"hour"}),
        ({"kind": "mail", "street": "High"}, {"street", "floor", "hour"}),
        ({"kind": "post", "express": True}, {"floor", "slow"}),
        ({"kind": "post", "express": 1}, {"floor", "hour", "slow"}),
    ],
)
def test_a_field_applies_when_all_its_conditions_hold_and_their_fields_apply(values, hidden):
    assert set(SCHEMA["properties"]) - applying(SCHEMA, values) == hidden
    assert not hidden & set(narrowed(SCHEMA, applying(SCHEMA, values))["required"])


def test_defaults_come_first_and_what_does_not_apply_is_not_kept():
    given = with_defaults(SCHEMA, {"street": "High", "floor": 3, "unknown": 1})

    assert given == {"kind": "mail", "unknown": 1}


def test_computed_defaults_may_read_each_other():
    schema = {
        "properties": {
            "b": {"type": "string", "default": "${lower(a)}!"},
            "a": {"type": "string", "default": "${name}s"},
            "name": {"type": "string"},
        }
    }

    assert with_defaults(schema, {"name": "Dog"})["b"] == "dogs!"
    assert with_defaults(schema, {"name": "Dog", "a": "CAT"})["b"] == "cat!"


def test_everything_comes_after_what_it_needs_and_else_stays_where_it_was():
    assert ordered({"a": ["c"], "b": [], "c": [], "d": ["x"]}) == ["b", "c", "a", "d"]
    with pytest.raises(Circle) as circle:
        ordered({"z": [], "a": ["b"], "b": ["a"]})
    assert circle.value.names == ["a", "b"]


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../b", "~/x", "a\\b", "C:x", "a\0"])
def test_paths_that_leave_their_folder_are_seen(path):
    assert is_outside(path)
    assert [found for _, found in paths_outside({"spec": [{"template_path": path}]})] == [path]
    assert [place for place, _ in paths_outside({"files": {path: "x"}})] == [("files", path)]


@pytest.mark.parametrize("path", ["a/b.yaml", "a..b", "dot.", ".github/x"])
def test_paths_below_their_folder_are_fine(path):
    assert not is_outside(path)


def test_results_are_quoted_in_links_and_left_out_where_a_value_is_missing():
    outputs = [
        Output("a", "A", value="${name}!"),
        Output("b", "B", url="https://x.example/${name}?q=1"),
        Output("c", "C", value="${missing}"),
        Output("d", "D", entry="${name}"),
    ]

    assert results(outputs, {"name": "a/b&c"}) == [
        Result("A", "a/b&c!"),
        Result("B", "https://x.example/a%2Fb%26c?q=1", url="https://x.example/a%2Fb%26c?q=1"),
        Result("D", "a/b&c", entry="a/b&c"),
    ]


def test_what_a_form_cannot_tell_from_nothing_is_no_difference():
    properties = {"a": {"title": "A"}, "rows": {"title": "Rows"}, "open": {"title": "Open"}}
    before = {"a": "", "rows": [{"name": "x", "key": False, "note": ""}], "open": False, "old": 1}
    after = {"rows": [{"name": "x"}, {"name": "y", "key": True}], "open": True}

    assert differences(properties, before, {"rows": [{"name": "x"}], "old": 1}) == []
    assert differences(properties, before, after) == [
        Difference("rows", "Rows", "1 row", "y, key"),
        Difference("open", "Open", "", "yes"),
        Difference("old", "old", "1", ""),
    ]


def test_what_the_form_has_a_word_for_is_called_so():
    options = {"new": {"label": "A new team"}}
    properties = {"owner": {"title": "Owner", "x-ui": {"options": options}}}

    found = differences(properties, {"owner": "other"}, {"owner": "new"})

    assert [(each.before, each.after) for each in found] == [("other", "A new team")]
