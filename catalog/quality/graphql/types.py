"""Quality of a product; added to `DataProduct`."""

from __future__ import annotations

from typing import Any

import graphene
from django.utils import timezone

from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from catalog.quality.graphql.batches import (
    CHECK_ORDER,
    RESULT_ORDER,
    check_of_product,
    checks_by_product,
    completeness_by_product,
    dimensions_by_product,
    explanation_by_product,
    results_by_check,
    trend_by_product,
)
from catalog.quality.models.checks import told_by
from catalog.quality.states import Dimension, Outcome
from core.graphql import (
    Row,
    RowsType,
    connection,
    enum_of,
    extend,
    load,
    many,
    one,
    page,
    rows_of,
)
from core.ids import numbers_in

QualityDimension = enum_of("QualityDimension", Dimension, "What of quality is measured (ODCS).")
CheckOutcome = enum_of("CheckOutcome", Outcome, "What the last run of a check found.")


class DimensionScore(RowsType):
    """How good a product is in one dimension."""

    dimension = QualityDimension(required=True, description="What is measured.")
    score = graphene.Float(required=True, description="Percent, 0-100.")
    weight = graphene.Float(required=True, description="Share of the score; all sum to 1.")
    checks = graphene.Int(required=True, description="How many checks it is made from.")


class ScorePoint(RowsType):
    """The score of one day."""

    day = graphene.Date(required=True, description="UTC.")
    score = graphene.Float(required=True, description="Percent, 0-100, at the end of the day.")
    coverage = graphene.Float(required=True, description="Share of the checks that ran, 0-1.")


class ScoreContribution(RowsType):
    """How many of the 100 points one check costs; the last row may stand for all others."""

    id = graphene.ID(description="Of the check; null for the row of all others.")
    check = graphene.String(required=True, description="Its name.")
    dimension = QualityDimension(description="What it measures.")
    lost_points = graphene.Float(required=True, description="Of 100, exact.")
    shown = graphene.Float(
        required=True, description="As pages show it: adds up to the score without a rest."
    )

    @staticmethod
    def resolve_dimension(row: Row, info: Any) -> str | None:
        return row.values["dimension"] or None


class CheckResult(RowsType):
    """What a check said once."""

    at = graphene.DateTime(required=True, description="When it ran.")
    outcome = CheckOutcome(required=True, description="What it found.")
    evaluated = graphene.BigInt(description="Rows that were looked at.")
    failed = graphene.BigInt(description="Rows that fail.")
    value = graphene.Float(description="What was measured, where it is a number.")
    message = graphene.String(required=True, description="What it said beside it.")
    source = graphene.String(required=True, description="`portal`, or the tool that sent it.")
    operation_id = graphene.ID(description="Of the operation that measured it.")


CheckResultConnection = connection(CheckResult)


class QualityCheck(RowsType):
    """A rule of the contract, or of another tool, with its latest result."""

    id = graphene.ID(required=True, description="Of this check.")
    key = graphene.String(required=True, description="What tells it from the port's others.")
    name = graphene.String(required=True, description="As people write it.")
    dimension = QualityDimension(description="What it measures.")
    origin = graphene.String(
        required=True, description="contract, implied, sla, or the tool that sent it."
    )
    demand = graphene.String(description="What it demands, in words.")
    note = graphene.String(
        description="Why the portal does not run it, or not as the contract says."
    )
    query = graphene.String(description="Of a rule in SQL: as its team wrote it.")
    pointer = graphene.String(
        description="Where the contract of its port says so, a JSON pointer; null: it does not."
    )
    active = graphene.Boolean(required=True, description="Whether it is still asked for.")
    weight = graphene.Float(required=True, description="How much it counts in its dimension.")
    outcome = CheckOutcome(description="What the last run found; null: it has not run.")
    score = graphene.Float(description="Share of what passed, 0-1.")
    measured_at = graphene.DateTime(description="When it last ran.")
    evaluated = graphene.BigInt(description="Rows that were looked at last.")
    failed = graphene.BigInt(description="Rows that failed last.")
    value = graphene.Float(description="What was measured last, where it is a number.")
    message = graphene.String(required=True, description="What the last run said beside it.")
    runnable = graphene.Boolean(required=True, description="Whether the portal runs it.")
    port = one(OutputPort, ports_by_id, key="port_id", description="The port that it checks.")
    results = page(
        CheckResultConnection,
        results_by_check,
        order=RESULT_ORDER,
        default=None,
        description="What it said over time, the newest first.",
    )

    @staticmethod
    def resolve_dimension(row: Row, info: Any) -> str | None:
        return row.values["dimension"] or None

    @staticmethod
    def resolve_outcome(row: Row, info: Any) -> str | None:
        return row.values["outcome"] or None

    @staticmethod
    def resolve_origin(row: Row, info: Any) -> str:
        return told_by(row.values["origin"], row.values["key"])

    @staticmethod
    def resolve_demand(row: Row, info: Any) -> str | None:
        return row.values["demand"] or None

    @staticmethod
    def resolve_note(row: Row, info: Any) -> str | None:
        return row.values["note"] or None

    @staticmethod
    def resolve_query(row: Row, info: Any) -> str | None:
        return row.values["query"] or None

    @staticmethod
    def resolve_pointer(row: Row, info: Any) -> str | None:
        return row.values["pointer"] or None


QualityCheckConnection = connection(QualityCheck)


class DescribedAspect(RowsType):
    """One thing that should be written down of a product."""

    name = graphene.String(required=True, description="What is described.")
    share = graphene.Float(required=True, description="How much of it is there, 0-1.")
    to_do = graphene.String(description="What lacks; null when nothing does.")


class MetadataCompleteness(RowsType):
    """How well a product is described; no part of its score."""

    score = graphene.Float(required=True, description="Percent, 0-100.")
    aspects = graphene.List(
        graphene.NonNull(DescribedAspect), required=True, description="Each with its share."
    )

    @staticmethod
    def resolve_aspects(row: Row, info: Any) -> list[Row]:
        return rows_of(row.values["aspects"])


class Quality(RowsType):
    """What is known of a product's quality. Its row is the product's."""

    score = graphene.Float(description="Percent, 0-100; null until a check has run.")
    coverage = graphene.Float(required=True, description="Share of the checks that ran, 0-1.")
    measured_at = graphene.DateTime(description="When a check last ran.")
    stale = graphene.Boolean(
        required=True, description="The checks should have run again by now and did not."
    )
    dimensions = many(
        DimensionScore, dimensions_by_product, description="The present score of each."
    )
    trend = many(
        ScorePoint,
        trend_by_product,
        days=graphene.Int(
            required=True, default_value=30, description="How many days back, 1 to 366."
        ),
        description="One point a day, the oldest first.",
    )
    checks = page(
        QualityCheckConnection,
        checks_by_product,
        order=CHECK_ORDER,
        default=None,
        description="Its checks, with their last results.",
        failing=graphene.Boolean(description="True: only what did not pass; false: what did."),
    )
    explanation = many(
        ScoreContribution,
        explanation_by_product,
        description="The checks that cost points, the dearest first.",
    )
    completeness = one(
        MetadataCompleteness,
        completeness_by_product,
        key="id",
        required=True,
        description="How well the product is described; no part of the score.",
    )
    check = graphene.Field(
        QualityCheck,
        id=graphene.ID(required=True, description="Of the check."),
        description="One of its checks; null: it has no such check.",
    )

    @staticmethod
    def resolve_check(row: Row, info: Any, id: str) -> Any:  # noqa: A002 - the argument's name
        known = numbers_in(id)
        return load(row, check_of_product, info, check_id=known[0]) if known else None

    @staticmethod
    def resolve_score(row: Row, info: Any) -> float | None:
        score: float | None = row.values["quality_score"]
        return score

    @staticmethod
    def resolve_coverage(row: Row, info: Any) -> float:
        return float(row.values["quality_coverage"])

    @staticmethod
    def resolve_measured_at(row: Row, info: Any) -> Any:
        return row.values["quality_measured_at"]

    @staticmethod
    def resolve_stale(row: Row, info: Any) -> bool:
        stale_at = row.values["quality_stale_at"]
        return stale_at is not None and stale_at < timezone.now()


def register() -> None:
    """Add what this room knows of products."""

    def resolve(row: Row, info: Any) -> Row:
        return row

    field = graphene.Field(
        Quality, required=True, resolver=resolve, description="How good its data is, and why."
    )
    extend("DataProduct", "quality", field)
