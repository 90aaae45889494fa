"""Real contracts compared with each other."""

import copy
import re

import pytest

from catalog.contracts.formats.odcs_diff import diff, summarise
from core.documents import load_documents
from tests.conformance.corpus import FOLDER, examples, require_folder

VALID = [each for each in examples("odcs") if each is None or each.expected_valid]


def read(name):
    require_folder()
    (document,) = load_documents((FOLDER / "examples" / "odcs" / name).read_bytes())
    return document.data


def test_a_removed_column_breaks_consumers_and_a_new_one_breaks_nobody():
    more = read("odcs__fixtures__compatibility__additive-new-column.yaml")
    less = read("odcs__fixtures__compatibility__breaking-removed-column.yaml")

    removed, added = diff(more, less), diff(less, more)

    assert {(each.level, each.direction, each.code) for each in removed} == {
        ("breaking", "consumer", "column-removed")
    }
    assert {(each.level, each.direction, each.code) for each in added} == {
        ("compatible", "none", "column-added")
    }
    assert [each.path for each in removed] == ["customers.email", "customers.phone"]


def test_a_change_log_of_one_contract():
    old = read("datacontract-cli__fixtures__changelog__integration__changelog_integration_v1.yaml")
    new = copy.deepcopy(old)
    orders = new["schema"][0]
    orders["properties"] = [p for p in orders["properties"] if p["name"] != "order_date"]
    new["servers"][0]["database"] = "OTHER_DB"
    new["slaProperties"][0]["value"], new["slaProperties"][1]["value"] = "99.95%", "2s"
    new["version"] = "2.0.0"

    changes = diff(old, new)

    assert [(each.level, each.code) for each in changes] == [
        ("breaking", "column-removed"),
        ("breaking", "server-moved"),
        ("breaking", "sla-weakened"),
        ("compatible", "sla-strengthened"),
        ("cosmetic", "version-changed"),
    ]
    summary = summarise(changes, old_version=old["version"], new_version=new["version"])
    assert (summary.advice, summary.bump, summary.keeps_advice) == ("major", "major", True)


def test_schema_evolution_of_cities():
    stem = "datacontract-cli__fixtures__schema-evolution__odcs-datacontract-cities-version"
    old, new = read(f"{stem}-1.yaml"), read(f"{stem}-3.yaml")

    found = {(each.level, each.code, each.path) for each in diff(old, new)}

    columns = {each for each in found if "column" in each[1]}
    assert columns
    assert all(path.startswith("cities.") for _, _, path in columns)


@pytest.mark.parametrize("example", VALID, ids=str)
def test_each_example_equals_itself_and_tells_whatever_is_taken_out_of_it(example):
    if example is None:
        require_folder()
    data = load_documents(example.path.read_bytes())[0].data
    assert diff(data, copy.deepcopy(data)) == ()
    for field in data:
        less = {name: value for name, value in data.items() if name != field}

        changes = diff(data, less)

        assert changes
        assert all(re.match(rf"/{re.escape(field)}(/|$)", each.pointer) for each in changes)
