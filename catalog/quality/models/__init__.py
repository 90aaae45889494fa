"""Checks, results, scores and incidents."""

from catalog.quality.models.checks import QualityCheck, QualityCheckQuerySet, UnmatchedResult
from catalog.quality.models.incidents import (
    Incident,
    IncidentEvent,
    IncidentQuerySet,
    QualitySettings,
)
from catalog.quality.models.results import CheckResult
from catalog.quality.models.scores import DimensionScore, ScoreSnapshot

__all__ = [
    "CheckResult",
    "DimensionScore",
    "Incident",
    "IncidentEvent",
    "IncidentQuerySet",
    "QualityCheck",
    "QualityCheckQuerySet",
    "QualitySettings",
    "ScoreSnapshot",
    "UnmatchedResult",
]
