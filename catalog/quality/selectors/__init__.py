"""Reads over checks, results and scores."""

from catalog.quality.selectors.due import DueMeasurement, due, measurement, rule_of, table_of
from catalog.quality.selectors.product import QualityOfProduct, is_stale, quality_of

__all__ = [
    "DueMeasurement",
    "QualityOfProduct",
    "due",
    "is_stale",
    "measurement",
    "quality_of",
    "rule_of",
    "table_of",
]
