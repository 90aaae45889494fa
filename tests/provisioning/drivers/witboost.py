"""Steps for the test adapter, and a driver that has it as its target."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from provisioning.drivers.places import Opened
from provisioning.drivers.protocol import Step
from provisioning.drivers.witboost import WitboostDriver
from provisioning.drivers.witboost.wire import Adapter
from tests.provisioning.drivers.kit import Case, quiet

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
description: {purpose: Count orders., usage: Reports., limitations: No names.}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, primaryKey: true, required: true, description: Key}
      - {name: email, logicalType: string, physicalType: varchar(200), unique: true,
         classification: confidential}
      - {name: at, logicalType: timestamp, required: true}
      - {name: lines, logicalType: array,
         items: {logicalType: object, properties: [{name: sku, logicalType: string}]}}
      - {name: tags, logicalType: array, items: {logicalType: string}}
slaProperties:
  - {property: frequency, value: 1, unit: d}
  - {property: latency, value: 4, unit: h}
  - {property: availability, value: 99.9, unit: "%"}
"""
PRODUCT = {
    "domain": "sales.stores",
    "slug": "orders",
    "name": "Orders",
    "team": "sales-data",
    "version": "2.1.0",
    "owner": "asa",
    "email": "asa@example.org",
    "description": "All orders",
    "tags": ["finance"],
}
COMPONENT = {
    "kind": "outputport",
    "name": "orders",
    "title": "Orders table",
    "infrastructure_template": "urn:dmb:itm:lake:0",
    "platform": "AWS",
    "technology": "Athena",
    "depends_on": ["raw"],
    "specific": {"bucket": "lake"},
}


def driver_at(url: str, headers: str = "") -> WitboostDriver:
    place = Opened("adapter", {"url": url}, {"headers": headers} if headers else {})
    return WitboostDriver(lambda _slug: Adapter(place))


def spec_of(**component: Any) -> dict[str, Any]:
    return {
        "target": "adapter",
        "product": PRODUCT,
        "component": {**COMPONENT, **component},
        "contract": CONTRACT,
    }


def case_of(action: str = "component", **component: Any) -> Case:
    instance_id, spec = uuid4(), spec_of(**component)
    if action == "component":
        return Case(action, spec, instance_id)
    before = (Step("component", instance_id, spec, quiet),)
    refs = {"refs": ["user:asa", "group:finance"]}
    given = {name: value for name, value in spec.items() if name != "contract"} | refs
    return Case(action, given, instance_id, before)
