"""What a broker offers, read from its catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from provisioning.drivers.osb.catalog import find_offer, read_catalog
from provisioning.drivers.protocol import PermanentError

SCHEMA = {"type": "object", "properties": {"size": {"type": "integer"}}}


def catalog(plan: dict[str, Any] | None = None, **service: Any) -> dict[str, Any]:
    """One service with one plan."""
    plans = [{"id": "p", "name": "small", "description": "One node", **(plan or {})}]
    given = {"id": "s", "name": "db", "description": "A database", "bindable": True}
    return {"services": [{**given, "plans": plans, **service}]}


def test_a_plan_is_free_and_not_updateable_unless_it_says_so() -> None:
    (service,) = read_catalog(catalog())

    (plan,) = service.plans
    assert (plan.free, plan.price, plan.bindable, plan.updateable) == (True, "free", True, False)
    assert (plan.max_polling_s, plan.maintenance, plan.create_schema) == (None, None, None)
    assert not service.instances_retrievable


def test_what_a_plan_says_overrides_its_service() -> None:
    said = {"bindable": False, "plan_updateable": False, "free": False}
    (service,) = read_catalog(catalog(said, plan_updateable=True))

    (plan,) = service.plans
    assert (plan.bindable, plan.updateable, plan.price) == (False, False, "not free")


def test_names_prices_schemas_and_versions_are_read() -> None:
    plan = {
        "free": False,
        "maximum_polling_duration": 600,
        "maintenance_info": {"version": "2.1.0", "description": "patched"},
        "schemas": {
            "service_instance": {"create": {"parameters": SCHEMA}, "update": {}},
            "service_binding": {"create": {"parameters": SCHEMA}},
        },
        "metadata": {
            "displayName": "Small",
            "costs": [{"amount": {"usd": 99.0, "eur": 90}, "unit": "MONTHLY"}, "free", {}],
        },
    }
    metadata = {"displayName": "Database", "documentationUrl": "https://docs.example.org"}
    (service,) = read_catalog(catalog(plan, metadata=metadata))

    (found,) = service.plans
    assert (service.title, service.docs_url) == ("Database", "https://docs.example.org")
    assert (found.title, found.price) == ("Small", "99 USD monthly, 90 EUR monthly")
    assert (found.max_polling_s, found.maintenance) == (600, {"version": "2.1.0"})
    assert (found.create_schema, found.update_schema, found.bind_schema) == (SCHEMA, None, SCHEMA)
    assert find_offer((service,), "s", "p").text == (
        "Database, Small (99 USD monthly, 90 EUR monthly)"
    )


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"services": {}},
        catalog({"id": ""}),
        catalog({"name": 7}),
        catalog(plans=[]),
        catalog(bindable="yes"),
        catalog({"maximum_polling_duration": -1}),
        {"services": [{"id": "s"}]},
    ],
)
def test_what_is_no_catalogue_is_refused_with_its_place(data: Any) -> None:
    with pytest.raises(PermanentError, match="catalogue is not valid: "):
        read_catalog(data)


@pytest.mark.parametrize(
    "plan",
    [
        {"metadata": {"costs": 7}},
        {"metadata": {"costs": [{"amount": [1]}, None]}},
        {"schemas": {"service_instance": []}},
        {"schemas": {"service_instance": {"create": {"parameters": [1]}}}},
        {"maintenance_info": {"version": 2}},
        {"metadata": None, "schemas": None, "free": None, "maximum_polling_duration": None},
    ],
)
def test_odd_extras_do_not_spoil_a_catalogue(plan: dict[str, Any]) -> None:
    (service,) = read_catalog(catalog(plan))

    assert service.plans[0].create_schema is None
    assert service.plans[0].costs == ()
