"""Quality of a product; added to `DataProduct`."""

from __future__ import annotations

from typing import Any

import graphene
from django.utils import timezone

from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from catalog.quality.graphql.batches import (
    CHECK_ORDER,
    checks_by_product,
    dimensions_by_product,
    explanation_by_product,
    trend_by_product,
)
from catalog.quality.states import Dimension, Outcome
from core.graphql import Row, RowsType, connection, enum_of, extend, many, one, page

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
    """How many of the 100 points one check costs."""

    check = graphene.String(required=True, description="Its name.")
    dimension = QualityDimension(description="What it measures.")
    lost_points = graphene.Float(required=True, description="Of 100.")

    @staticmethod
    def resolve_dimension(row: Row, info: Any) -> str | None:
        return row.values["dimension"] or None


class QualityCheck(RowsType):
    """A rule of the contract, or of another tool, with its latest result."""

    id = graphene.ID(required=True, description="Of this check.")
    key = graphene.String(required=True, description="What tells it from the port's others.")
    name = graphene.String(required=True, description="As people write it.")
    dimension = QualityDimension(description="What it measures.")
    weight = graphene.Float(required=True, description="How much it counts in its dimension.")
    outcome = CheckOutcome(description="What the last run found; null: it has not run.")
    score = graphene.Float(description="Share of what passed, 0-1.")
    measured_at = graphene.DateTime(description="When it last ran.")
    port = one(OutputPort, ports_by_id, key="port_id", description="The port that it checks.")

    @staticmethod
    def resolve_dimension(row: Row, info: Any) -> str | None:
        return row.values["dimension"] or None

    @staticmethod
    def resolve_outcome(row: Row, info: Any) -> str | None:
        return row.values["outcome"] or None


QualityCheckConnection = connection(QualityCheck)


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
