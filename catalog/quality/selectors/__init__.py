"""Reads over checks, results and scores."""

from catalog.quality.selectors.due import DueMeasurement, due, measurement
from catalog.quality.selectors.product import QualityOfProduct, is_stale, quality_of
from catalog.quality.selectors.weights import DomainWeights, weights_of

__all__ = [
    "DomainWeights",
    "DueMeasurement",
    "QualityOfProduct",
    "due",
    "is_stale",
    "measurement",
    "quality_of",
    "weights_of",
]
