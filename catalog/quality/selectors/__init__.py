"""Reads over checks, results and scores."""

from catalog.quality.selectors.due import DueMeasurement, due, measurement
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
    "surroundings",
]
