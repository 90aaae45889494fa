"""The ports and the data contracts (ODCS) of the demo products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.contracts.formats.odcs_build import Column, contract_from_columns
from catalog.products.data import PortData
from core.documents import Document, dump_yaml, load_documents
from portal.demo.company import LAKE, Col, ProductSpec, contract_id, teams

RETENTION_DAYS = 730
SUFFIXES = {  # of the names of all ports but the first
    "s3": "files",
    "kafka": "events",
    "trino": "sql",
    "api": "api",
    "bigquery": "bigquery",
    "sftp": "sftp",
}
WORDS = {
    "postgresql": "The table that the portal keeps; ask here first.",
    "s3": "Parquet files by day, for batch jobs.",
    "kafka": "Each change as it happens; a week is kept.",
    "trino": "The same rows for SQL beside other products of the lake.",
    "api": "One row by its key, for services.",
    "bigquery": "A copy for the marketing tools, refreshed each night.",
    "sftp": "One file a night.",
}
SERIOUS = 79  # percent; what scores less has incidents
VALUES = {  # columns with a fixed list of values
    "channel": ["web", "app", "store", "phone"],
    "churn_band": ["low", "medium", "high", "new"],
    "loyalty_tier": ["none", "silver", "gold"],
    "device_type": ["phone", "tablet", "computer"],
    "action": ["added", "removed"],
}


def contract_of(spec: ProductSpec, version: str) -> Document:
    """One version of the contract of a demo product, as its team would write it."""
    return load_documents(dump_yaml(_contract(spec, version)), media="yaml")[0]


def _contract(spec: ProductSpec, version: str) -> dict[str, Any]:
    columns = spec.columns_of(version)
    is_ending = major_of(version) < spec.majors
    document = contract_from_columns(
        document_id=contract_id(spec),
        version=version,
        name=spec.name,
        domain=spec.domain,
        team=spec.team,
        purpose=spec.purpose,
        object_name=spec.slug.replace("-", "_"),
        columns=[column_of(col) for col in columns],
        classification=spec.classification,
        retention_days=RETENTION_DAYS,
        status="deprecated" if is_ending else "active",
        must_have_rows=True,
    )
    document["description"] |= _terms(spec)
    document["slaProperties"] += _levels(spec)
    document["servers"] = [
        {
            "server": name,
            "type": kind,
            "environment": "prod",
            **_place(spec, kind, major_of(version)),
        }
        for name, kind in port_names(spec)
    ]
    team = teams()[spec.team]
    document["support"] = [{"channel": team.contact, "tool": "slack", "scope": "interactive"}]
    document["team"]["members"] = [{"username": name} for name in team.members]
    document["tags"] = list(spec.tags) or ["fernhaven"]
    personal = {col.name for col in columns if "p" in col.marks}
    for described in document["schema"][0]["properties"]:
        if described["name"] in personal:
            described["tags"] = ["personal-data"]
        if described["name"] in VALUES:
            described.setdefault("quality", []).append(_one_of(described["name"]))
    _weigh_rules(spec, document["schema"][0])
    return document


def _weigh_rules(spec: ProductSpec, described: dict[str, Any]) -> None:
    """Of products that fare badly, and of those that the portal measures, one rule is grave: the
    first column beside the key is filled in. So the demo has an incident here and there, and not
    one of each rule.
    """
    required = (each for each in spec.columns if "r" in each.marks and "k" not in each.marks)
    grave = next((each.name for each in required), "")
    is_serious = spec.real or (spec.score or 0) < SERIOUS
    for rule in described.get("quality", ()):
        rule["severity"] = "warning"
    for column in described["properties"]:
        for rule in column.get("quality", ()):
            counts = column["name"] == grave and rule["metric"] == "nullValues"
            rule["severity"] = "error" if is_serious and counts else "warning"


def column_of(col: Col) -> Column:
    """The column as the contract builder takes it."""
    return Column(
        name=col.name,
        logical_type=col.logical_type,
        required="r" in col.marks,
        primary_key="k" in col.marks,
        classification="confidential" if "c" in col.marks else "",
        description=col.description,
    )


def port_names(spec: ProductSpec) -> Iterator[tuple[str, str]]:
    """`(name, technology)` of each port."""
    for at, kind in enumerate(spec.ports):
        yield (f"{spec.slug}-{SUFFIXES[kind]}" if at else spec.slug), kind


def ports_of(spec: ProductSpec, version: str = "") -> tuple[PortData, ...]:
    """The output ports; the first one in every major version, the newest first.

    Args:
        version: of the contract that the newest ports name; default: the newest.
    """
    older = range(spec.majors - 1, 0, -1)
    named = list(port_names(spec))
    newest = [_port(spec, name, kind, version or spec.version) for name, kind in named]
    first = [_port(spec, *named[0], f"{major}.0.0") for major in older]
    return (newest[0], *first, *newest[1:])


def major_of(version: str) -> int:
    return int(version.partition(".")[0])


def _port(spec: ProductSpec, name: str, kind: str, version: str) -> PortData:
    major = major_of(version)
    made = spec.real and kind == "postgresql"  # by an operation, which says where it lies
    return PortData(
        name=name,
        major=major,
        version=version,
        title=spec.name if name == spec.slug else f"{spec.name}, {SUFFIXES[kind]}",
        description=WORDS[kind],
        technology=kind,
        contract_id=contract_id(spec),
        contract_version=version,
        location=None if made else _place(spec, kind, major),
        datasets=None if made else ((LAKE, _dataset_name(spec, name, major)),),
    )


def _dataset_name(spec: ProductSpec, port: str, major: int) -> str:
    name = spec.fqn if port == spec.slug else f"{spec.fqn}/{port}"
    return name if major == spec.majors else f"{name}@{major}"


def _place(spec: ProductSpec, kind: str, major: int) -> dict[str, Any]:
    path, name = spec.domain.replace(".", "/"), f"{spec.slug}/v{major}"
    places: dict[str, dict[str, Any]] = {
        "s3": {"location": f"s3://fernhaven-lake/{path}/{name}/*.parquet", "format": "parquet"},
        "kafka": {"host": "kafka.fernhaven.example:9092", "format": "avro"},
        "trino": {
            "host": "trino.fernhaven.example",
            "port": 443,
            "catalog": "lake",
            "schema": path.replace("/", "_"),
        },
        "api": {"location": f"https://api.fernhaven.example/{path}/{name}"},
        "bigquery": {"project": "fernhaven-marketing", "dataset": spec.slug.replace("-", "_")},
        "sftp": {"location": f"sftp://files.fernhaven.example/{path}/{name}/", "format": "csv"},
        "postgresql": {
            "host": "warehouse.fernhaven.example",
            "port": 5432,
            "database": "warehouse",
            "schema": path.replace("/", "_"),
        },
    }
    return places[kind]


def _terms(spec: ProductSpec) -> dict[str, str]:
    texts = {"usage": spec.use, "limitations": spec.limits}
    return {name: text for name, text in texts.items() if text}


def _levels(spec: ProductSpec) -> list[dict[str, Any]]:
    value, unit = spec.fresh.split()
    levels: list[dict[str, Any]] = [{"property": "latency", "value": int(value), "unit": unit}]
    if spec.available is not None:
        levels.append({"property": "availability", "value": spec.available, "unit": "%"})
    return levels


def _one_of(column: str) -> dict[str, Any]:
    return {
        "name": f"{column} is one of the known values",
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": VALUES[column]},
        "mustBe": 0,
        "unit": "rows",
        "severity": "warning",
    }
