"""Reads over checks, results and scores."""

from catalog.quality.selectors.due import DueMeasurement, due, measurement, rule_of, table_of
from catalog.quality.selectors.product import QualityOfProduct, is_stale, quality_of
from catalog.quality.selectors.upstream import Near, Surroundings, surroundings

__all__ = [
    "DueMeasurement",
    "Near",
    "QualityOfProduct",
    "Surroundings",
    "due",
    "is_stale",
    "measurement",
    "quality_of",
    "rule_of",
    "surroundings",
    "table_of",
]
