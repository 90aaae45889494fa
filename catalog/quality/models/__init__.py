"""Checks, results, scores and incidents."""

from catalog.quality.models.badges import BadgeLink
from catalog.quality.models.checks import QualityCheck, QualityCheckQuerySet, UnmatchedResult
from catalog.quality.models.incidents import (
    Incident,
    IncidentEvent,
    IncidentQuerySet,
    QualitySettings,
)
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
    "Incident",
    "IncidentEvent",
    "IncidentQuerySet",
    "QualityCheck",
    "QualityCheckQuerySet",
    "QualitySettings",
    "ScoreSnapshot",
    "UnmatchedResult",
]
