import copy
from typing import Any

import pytest

from catalog.contracts.formats import odcs
from core.documents import dump_yaml, load_documents

CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.1.0",
    "kind": "DataContract",
    "id": "c-1",
    "version": "1.0.0",
    "status": "active",
}
POSTGRES = {"server": "s", "type": "postgres", "host": "h", "database": "d", "schema": "s"}


def problems(**change: Any) -> set[tuple[str, str, str]]:
    document = load_documents(dump_yaml(copy.deepcopy(CONTRACT) | change))[0]
    return {(each.severity, each.code, each.pointer) for each in odcs.validate(document).problems}


def column(**fields: Any) -> dict[str, Any]:
    return {"schema": [{"name": "t", "properties": [{"name": "a", **fields}]}]}


def level(name: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"slaProperties": [{"property": name, "value": value, **more}]}


def member(**days: str) -> dict[str, Any]:
    return {"team": {"members": [{"username": "ada", **days}]}}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"servers": [{**POSTGRES, "port": 0}]}, "out-of-range", "/servers/0/port"),
        ({"servers": [{**POSTGRES, "port": 65_536}]}, "out-of-range", "/servers/0/port"),
        (level("latency", -1), "negative-value", "/slaProperties/0/value"),
        (level("Time to repair", "-3"), "negative-value", "/slaProperties/0/value"),
        (level("availability", 101, unit="percent"), "out-of-range", "/slaProperties/0/value"),
        (level("endOfSupport", "2027-02-30"), "not-a-date", "/slaProperties/0/value"),
        (member(dateIn="2026-13-01"), "not-a-date", "/team/members/0/dateIn"),
        (
            member(dateIn="2026-02-01", dateOut="2026-01-01"),
            "impossible-dates",
            "/team/members/0/dateOut",
        ),
        ({"contractCreatedTs": "2026-02-30T00:00:00Z"}, "not-a-date", "/contractCreatedTs"),
        (
            column(logicalType="integer", logicalTypeOptions={"minimum": 5, "exclusiveMaximum": 4}),
            "impossible-bounds",
            "/schema/0/properties/0/logicalTypeOptions/minimum",
        ),
        (
            column(
                logicalType="date",
                logicalTypeOptions={"minimum": "2026-02-01", "maximum": "2026-01-01"},
            ),
            "impossible-bounds",
            "/schema/0/properties/0/logicalTypeOptions/minimum",
        ),
    ],
)
def test_a_value_that_no_real_thing_can_have_refuses_the_contract(
    change: dict[str, Any], code: str, pointer: str
) -> None:
    assert problems(**change) == {("error", code, pointer)}


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        (
            column(logicalType="string", logicalTypeOptions={"pattern": "[a-"}),
            "bad-pattern",
            "/schema/0/properties/0/logicalTypeOptions/pattern",
        ),
        (
            {
                "apiVersion": "v3.2.0",
                **column(enum=[{"value": "a"}], examples=["a", "b"]),
            },
            "not-in-enum",
            "/schema/0/properties/0/examples/1",
        ),
        (
            {
                "schema": [
                    {
                        "name": "t",
                        "properties": [
                            {"name": n, "partitioned": True, "partitionKeyPosition": 1}
                            for n in "ab"
                        ],
                    }
                ]
            },
            "duplicate-position",
            "/schema/0/properties/1/partitionKeyPosition",
        ),
    ],
)
def test_what_may_be_meant_is_kept_with_a_warning(
    change: dict[str, Any], code: str, pointer: str
) -> None:
    assert problems(**change) == {("warning", code, pointer)}


@pytest.mark.parametrize(
    "change",
    [
        {"servers": [{**POSTGRES, "port": 5432}]},
        level("latency", 0),
        level("availability", 99.9, unit="percent"),
        level("throughput", 5_000, unit="requests"),
        level("generalAvailability", "2027-01-31T00:00:00Z"),
        member(dateIn="2026-01-01", dateOut="2026-01-01"),
    ],
)
def test_what_can_be_is_taken(change: dict[str, Any]) -> None:
    assert problems(**change) == set()
