"""What no orchestrator tells: a dbt project, another name, a claim to make, an edge by hand."""

from __future__ import annotations

from typing import Any

from catalog.lineage import services as lineage
from catalog.lineage.ingestion.dbt import ingest_dbt
from catalog.lineage.models import Job, ProductEdge, Symlink
from catalog.lineage.states import Origin
from portal.demo.people import company

PRODUCER = "https://fernhaven.example/orchestrator"
PROJECT = "fernhaven_sales"
BASE = {"_producer": PRODUCER, "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/facet.json"}

STAGED = """
select o.order_id, o.shop_id, cast(o.ordered_at as date) as ordered_on, o.total as amount
from lake.raw.orders as o where not o.is_test
"""
DAILY = """
select ordered_on, shop_id, count(*) as orders, sum(amount) as revenue
from lake.sales.stg_orders group by ordered_on, shop_id
"""


def load_by_hand(names: dict[str, dict[str, str]]) -> None:
    """Add what is not there yet; `names` are the lineage names of what the products offer."""
    here = company()
    actor = here.owner("sales-data")
    orders = names["sales.orders"]
    if not Job.objects.filter(namespace=f"dbt://{PROJECT}").exists():
        ingest_dbt(document=_manifest(), namespace=orders["namespace"], actor=actor)
    if not Symlink.objects.filter(namespace="hive://fernhaven").exists():
        lineage.ingest(event=_export(orders), actor=actor)
    if not ProductEdge.objects.filter(origin=Origin.MANUAL).exclude(reason="").exists():
        lineage.draw_edge(
            source="product:sales.price-elasticity",
            target="product:supply.demand-forecast",
            reason="The planners take its curves over by hand; no tool tells it.",
            actor=here.owner("demand-forecasting"),
        )


def _export(orders: dict[str, str]) -> dict[str, Any]:
    """The nightly export: it writes what waits to be claimed, known to Hive by another name."""
    alias = {"namespace": "hive://fernhaven", "name": "exports.orders_daily", "type": "TABLE"}
    return {
        "eventTime": "2026-11-01T03:00:00Z",
        "producer": PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
        "job": {"namespace": "fernhaven", "name": "export_orders"},
        "inputs": [orders],
        "outputs": [
            {
                "namespace": orders["namespace"],
                "name": "mesh.exports.orders_daily",
                "facets": {"symlinks": {**BASE, "identifiers": [alias]}},
            }
        ],
    }


def _manifest() -> dict[str, Any]:
    raw = ["order_id", "shop_id", "ordered_at", "total", "is_test"]
    return {
        "metadata": {"project_name": PROJECT, "adapter_type": "postgres"},
        "sources": {
            f"source.{PROJECT}.raw.orders": {
                "resource_type": "source",
                "database": "lake",
                "schema": "raw",
                "identifier": "orders",
                "columns": {name: {"data_type": "text"} for name in raw},
            }
        },
        "nodes": {
            f"model.{PROJECT}.stg_orders": _model(
                "stg_orders", STAGED, f"source.{PROJECT}.raw.orders"
            ),
            f"model.{PROJECT}.daily_revenue": _model(
                "daily_revenue", DAILY, f"model.{PROJECT}.stg_orders"
            ),
        },
        "exposures": {
            f"exposure.{PROJECT}.revenue_board": {
                "name": "revenue_board",
                "depends_on": {"nodes": [f"model.{PROJECT}.daily_revenue"]},
            }
        },
    }


def _model(name: str, sql: str, parent: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "package_name": PROJECT,
        "database": "lake",
        "schema": "sales",
        "name": name,
        "compiled_code": sql,
        "depends_on": {"nodes": [parent]},
    }
