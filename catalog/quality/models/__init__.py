"""Checks, results and scores."""

from catalog.quality.models.checks import QualityCheck, QualityCheckQuerySet, UnmatchedResult
from catalog.quality.models.results import CheckResult
from catalog.quality.models.scores import DimensionScore, ScoreSnapshot

__all__ = [
    "CheckResult",
    "DimensionScore",
    "QualityCheck",
    "QualityCheckQuerySet",
    "ScoreSnapshot",
    "UnmatchedResult",
]
