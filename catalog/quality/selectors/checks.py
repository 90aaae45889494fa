"""The checks of a product as a list: what fails first, narrowed by text and facets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

from django.db.models import Case, F, Func, Q, TextField, Value, When

from catalog.products.models import DataProduct
from catalog.quality.models import QualityCheck, QualityCheckQuerySet
from catalog.quality.states import Dimension, Origin, Outcome
from core.errors import Invalid
from core.paging import KeysetPage, keyset_page
from core.problems import Problem

NEVER = "never"  # the outcome of what has not run yet
ORDER = ("place", "id")
PLACES = {Outcome.FAIL: 0, Outcome.ERROR: 1, Outcome.WARN: 2, Outcome.PASS: 4}
UNMEASURED_PLACE = 3
MAX_IN_A_DOCUMENT = 200
LONGEST = 100  # characters of a text that is looked for
TOOLS = {  # as people write them
    "dbt": "dbt",
    "gx": "Great Expectations",
    "soda": "Soda",
    "openlineage": "OpenLineage",
    "plain": "Sent by a script",
    Origin.CONTRACT: "The contract",
    Origin.IMPLIED: "The contract’s schema",
    Origin.SLA: "Service levels",
}
MEASURERS = {"portal": "the portal", "demo": "the team’s own tool"}
FACET_LABELS = {
    "outcome": "Result",
    "dimension": "Dimension",
    "port": "Port",
    "origin": "From",
}


class CheckFact(NamedTuple):
    """What score, explanation and facets need of a check."""

    pk: int
    name: str
    dimension: str
    weight: float
    score: float | None
    outcome: str
    port: str  # its fqn
    told_by: str


@dataclass(frozen=True)
class CheckFilter:
    """What narrows the list; "" keeps everything. `port` is `<name>@<major>`."""

    q: str = ""
    outcome: str = ""
    dimension: str = ""
    port: str = ""
    origin: str = ""

    @property
    def is_set(self) -> bool:
        return self != CheckFilter()

    def said(self) -> dict[str, str]:
        """The filters that are set, as an address names them."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if value}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A filter with its choices, the most frequent first."""

    name: str
    label: str
    choices: list[Choice]


def filter_of(given: Mapping[str, str]) -> CheckFilter:
    """The filter of an address; what no check can have finds none."""
    texts = {each.name: given.get(each.name, "") for each in fields(CheckFilter)}
    return CheckFilter(
        **{name: text.replace("\0", "").strip()[:LONGEST] for name, text in texts.items()}
    )


def require_known(asked: CheckFilter) -> CheckFilter:
    """Raises: Invalid: an outcome or dimension that no check can have."""
    known = {"outcome": [*Outcome.values, NEVER], "dimension": Dimension.values}
    problems = [
        Problem(f"/{name}", f"unknown-{name}", f"Choose one of {', '.join(values)}.")
        for name, values in known.items()
        if (given := getattr(asked, name)) and given not in values
    ]
    if problems:
        raise Invalid("The checks cannot be filtered by this.", problems)
    return asked


def checks_of(product: DataProduct) -> QualityCheckQuerySet:
    """The active checks of a product that was seen, with `teller` and `place` (failing first)."""
    places = [When(outcome=outcome, then=place) for outcome, place in PLACES.items()]
    return QualityCheck.objects.filter(port__product=product, active=True).annotate(
        teller=Case(
            When(
                origin=Origin.TOOL,
                then=Func(F("key"), Value(":"), Value(1), function="split_part"),
            ),
            default=F("origin"),
            output_field=TextField(),
        ),
        place=Case(*places, default=UNMEASURED_PLACE),
    )


def check_page(
    product: DataProduct, asked: CheckFilter, *, size: int, cursor: str | None = None
) -> KeysetPage[QualityCheck]:
    """A page of the checks that answer to the filter, with their ports. One SQL statement.

    Cost: the checks of the product, whatever the number of others and of results.
    """
    rows = checks_of(product).filter(_condition(product, asked)).select_related("port")
    shown = rows.defer("definition", "port__location", "port__description")
    return keyset_page(shown, order=ORDER, size=size, cursor=cursor)


def facets_of(checks: Iterable[CheckFact], asked: CheckFilter) -> list[Facet]:
    """How many checks each choice has; a facet with one choice says nothing and is left out."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in FACET_LABELS}
    for check in checks:
        counts["outcome"][check.outcome or NEVER] += 1
        counts["dimension"][check.dimension] += 1
        counts["port"][check.port.rpartition("/")[2]] += 1
        counts["origin"][check.told_by] += 1
    found = []
    for name, label in FACET_LABELS.items():
        chosen = getattr(asked, name)
        choices = [
            Choice(value, label_of(name, value), count, value == chosen)
            for value, count in counts[name].most_common()
            if value
        ]
        if len(choices) > 1 or chosen:
            found.append(Facet(name, label, choices))
    return found


def label_of(facet: str, value: str) -> str:
    """A value of a facet in people's words."""
    if facet == "outcome":
        return "Not measured" if value == NEVER else str(Outcome(value).label)
    if facet == "dimension":
        return str(Dimension(value).label)
    return TOOLS.get(value, value) if facet == "origin" else value


def measurer_of(source: str) -> str:
    """Who measured a result, in people's words."""
    return MEASURERS.get(source) or label_of("origin", source)


def _condition(product: DataProduct, asked: CheckFilter) -> Q:
    condition = Q()
    for word in asked.q.split():
        condition &= Q(name__icontains=word) | Q(key__icontains=word) | Q(message__icontains=word)
    if asked.outcome:
        condition &= Q(outcome="" if asked.outcome == NEVER else asked.outcome)
    if asked.dimension:
        condition &= Q(dimension=asked.dimension)
    if asked.port:
        condition &= Q(port__fqn=f"{product.fqn}/{asked.port}")
    if asked.origin:
        condition &= Q(teller=asked.origin)
    return condition
