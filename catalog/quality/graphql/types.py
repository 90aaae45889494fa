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

QualityDimension = enum_of("QualityDimension", Dimension)
CheckOutcome = enum_of("CheckOutcome", Outcome)


class DimensionScore(RowsType):
    dimension = QualityDimension(required=True)
    score = graphene.Float(required=True, description="Percent, 0-100.")
    weight = graphene.Float(required=True, description="Share of the score; all sum to 1.")
    checks = graphene.Int(required=True)


class ScorePoint(RowsType):
    day = graphene.Date(required=True)
    score = graphene.Float(required=True)
    coverage = graphene.Float(required=True)


class ScoreContribution(RowsType):
    """How many of the 100 points one check costs."""

    check = graphene.String(required=True)
    dimension = QualityDimension()
    lost_points = graphene.Float(required=True)

    @staticmethod
    def resolve_dimension(row: Row, info: Any) -> str | None:
        return row.values["dimension"] or None


class QualityCheck(RowsType):
    """A rule of the contract, or of another tool, with its latest result."""

    id = graphene.ID(required=True)
    key = graphene.String(required=True)
    name = graphene.String(required=True)
    dimension = QualityDimension()
    weight = graphene.Float(required=True)
    outcome = CheckOutcome()
    score = graphene.Float(description="Share of what passed, 0-1.")
    measured_at = graphene.DateTime()
    port = one(OutputPort, ports_by_id, key="port_id")

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
    measured_at = graphene.DateTime()
    stale = graphene.Boolean(required=True)
    dimensions = many(DimensionScore, dimensions_by_product)
    trend = many(ScorePoint, trend_by_product, days=graphene.Int(required=True, default_value=30))
    checks = page(
        QualityCheckConnection,
        checks_by_product,
        order=CHECK_ORDER,
        default=None,
        failing=graphene.Boolean(),
    )
    explanation = many(ScoreContribution, explanation_by_product)

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

    extend("DataProduct", "quality", graphene.Field(Quality, required=True, resolver=resolve))
