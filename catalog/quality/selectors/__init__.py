"""Reads over checks, results and scores."""

from catalog.quality.selectors.badges import shared_product
from catalog.quality.selectors.checks import (
    CheckFact,
    CheckFilter,
    check_page,
    checks_of,
    facets_of,
    filter_of,
    label_of,
    measurer_of,
    require_known,
)
from catalog.quality.selectors.describing import completeness_of
from catalog.quality.selectors.due import DueMeasurement, due, measurement, rule_of, table_of
from catalog.quality.selectors.history import (
    CheckSource,
    check_by_id,
    result_page,
    results_since,
    source_of,
)
from catalog.quality.selectors.product import (
    Point,
    QualityOfProduct,
    around_tab,
    dimensions_of,
    explained,
    is_stale,
    quality_of,
)
from catalog.quality.selectors.upstream import Near, Surroundings, surroundings
from catalog.quality.selectors.weights import DomainWeights, weights_of

__all__ = [
    "CheckFact",
    "CheckFilter",
    "CheckSource",
    "DomainWeights",
    "DueMeasurement",
    "Near",
    "Point",
    "QualityOfProduct",
    "Surroundings",
    "around_tab",
    "check_by_id",
    "check_page",
    "checks_of",
    "completeness_of",
    "dimensions_of",
    "due",
    "explained",
    "facets_of",
    "filter_of",
    "is_stale",
    "label_of",
    "measurement",
    "measurer_of",
    "quality_of",
    "require_known",
    "result_page",
    "results_since",
    "rule_of",
    "shared_product",
    "source_of",
    "surroundings",
    "table_of",
    "weights_of",
]
