"""Checks, results and scores."""

from catalog.quality.models.badges import BadgeLink
from catalog.quality.models.checks import QualityCheck, QualityCheckQuerySet, UnmatchedResult
from catalog.quality.models.results import CheckResult
from catalog.quality.models.scores import (
    DimensionScore,
    DimensionWeight,
    DomainDay,
    ScoreSnapshot,
)

__all__ = [
    "BadgeLink",
    "CheckResult",
    "DimensionScore",
    "DimensionWeight",
    "DomainDay",
    "QualityCheck",
    "QualityCheckQuerySet",
    "ScoreSnapshot",
    "UnmatchedResult",
]
