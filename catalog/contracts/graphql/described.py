"""What a version of a contract describes: columns, quality rules, service levels."""

from __future__ import annotations

from typing import Any

import graphene

from catalog.contracts.graphql.batches import (
    COLUMN_ORDER,
    ID_ORDER,
    columns_by_version,
    rules_by_version,
    slas_by_version,
)
from core.graphql import Row, RowsType, connection, page
from core.graphql.mutations import JSON


class ContractColumn(RowsType):
    """A column, or a field inside one."""

    id = graphene.ID(required=True, description="Of this column in this version.")
    object = graphene.String(required=True, description="The table, view, topic or file it is in.")
    path = graphene.String(required=True, description="Dotted where it is inside another.")
    name = graphene.String(required=True, description="Its name in the contract.")
    physical_name = graphene.String(description="Its name in the target, where that differs.")
    logical_type = graphene.String(description="As the standard says it: string, number, ...")
    physical_type = graphene.String(description="As the target says it: varchar(20), ...")
    required = graphene.Boolean(required=True, description="It is never empty.")
    unique = graphene.Boolean(required=True, description="No value stands there twice.")
    primary_key = graphene.Boolean(required=True, description="It is part of the primary key.")
    classification = graphene.String(description="Slug of its class, see `classifications`.")
    description = graphene.String(description="What it means.")
    tags = graphene.List(
        graphene.NonNull(graphene.String), required=True, description="Free words."
    )

    @staticmethod
    def resolve_object(row: Row, info: Any) -> str:
        return str(row.values["object__name"])

    @staticmethod
    def resolve_classification(row: Row, info: Any) -> str | None:
        return row.values["classification"] or None


class QualityRule(RowsType):
    """A quality rule of a contract, as the standard states it."""

    id = graphene.ID(required=True, description="Of this rule in this version.")
    name = graphene.String(description="Its name, where it has one.")
    description = graphene.String(description="What it asks for, in words.")
    object = graphene.String(description="The table it is about; null: all.")
    column = graphene.String(description="Path of the column it is about; null: the table.")
    type = graphene.String(required=True, description="library, text, sql or custom.")
    metric = graphene.String(description="What is counted, of the standard's library.")
    operator = graphene.String(description="How it is compared: mustBe, mustBeLessThan, ...")
    threshold = graphene.Field(JSON, description="A number, or [low, high].")
    unit = graphene.String(description="rows or percent.")
    dimension = graphene.String(description="What of quality it is about: accuracy, ...")
    severity = graphene.String(description="How bad it is when it breaks.")
    schedule = graphene.String(description="When it is to be checked, as cron says it.")
    query = graphene.String(description="Of type sql: the statement.")

    @staticmethod
    def resolve_object(row: Row, info: Any) -> str | None:
        return row.values["object_name"] or None

    @staticmethod
    def resolve_column(row: Row, info: Any) -> str | None:
        return row.values["property_path"] or None


class ServiceLevel(RowsType):
    """A promise beside the columns: latency, retention, availability, ..."""

    property = graphene.String(required=True, description="What is promised.")
    value = graphene.String(required=True, description="How much.")
    unit = graphene.String(description="Of what: d, h, percent, ...")
    element = graphene.String(description="Where it is measured, table.column; null: anywhere.")

    @staticmethod
    def resolve_element(row: Row, info: Any) -> str | None:
        return row.values["element"] or None


COLUMNS = page(
    connection(ContractColumn),
    columns_by_version,
    order=COLUMN_ORDER,
    description="Its columns, table by table.",
    classification=graphene.List(
        graphene.NonNull(graphene.String), description="Only of these classes, by slug."
    ),
)
RULES = page(
    connection(QualityRule),
    rules_by_version,
    order=ID_ORDER,
    description="Its quality rules, as they stand in the document.",
)
SLAS = page(
    connection(ServiceLevel),
    slas_by_version,
    order=ID_ORDER,
    description="Its other promises, as they stand in the document.",
)
