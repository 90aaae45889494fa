"""What a synthetic company looks like before a row is written: domains, teams, products, flows.

Everything follows from the seed: the same seed, size and day give the same rows.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from random import Random

from catalog.products.names import slugified
from catalog.products.states import Archetype, ProductStatus, Visibility
from portal.scale import words

PRODUCTS_PER_DOMAIN = 400
PRODUCTS_PER_TEAM = 40
PEOPLE_PER_TEAM = 6
STATUSES = (
    *((ProductStatus.ACTIVE, 84), (ProductStatus.DEPRECATED, 6), (ProductStatus.DRAFT, 6)),
    *((ProductStatus.PROPOSED, 2), (ProductStatus.RETIRED, 2)),
)
VISIBILITIES = ((Visibility.COMPANY, 85), (Visibility.DOMAIN, 10), (Visibility.RESTRICTED, 5))
CLASSIFICATIONS = (("internal", 55), ("confidential", 25), ("public", 12), ("restricted", 8))
LAYERS = 6  # of the lineage graph; the first reads from operational systems
SHARES_OF_LAYERS = (45, 20, 10, 8, 10, 7)
OLDEST_DAYS = 1_400
NAMES_OF_DOMAINS = frozenset({*words.AREAS, *words.REGIONS})  # a product may not take one


@dataclass(frozen=True, slots=True, eq=False)
class DomainPlan:
    id: int
    path: str
    name: str
    parent: int | None
    teams: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class TeamPlan:
    id: int
    slug: str
    name: str
    domain: DomainPlan
    people: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class ProductPlan:
    """What others must know of a product to refer to it."""

    number: int
    id: str
    slug: str
    name: str
    subject: int  # in `words.SUBJECTS`
    domain: DomainPlan
    team: TeamPlan
    layer: int
    status: str
    visibility: str
    classification: str
    technology: str
    ports: int  # names of output ports
    majors: int  # of the first port, side by side
    created: dt.datetime

    @property
    def fqn(self) -> str:
        return f"{self.domain.path}.{self.slug}"

    @property
    def archetype(self) -> str:
        if self.layer == 0:
            return Archetype.SOURCE_ALIGNED
        return Archetype.AGGREGATE if self.layer < LAYERS - 2 else Archetype.CONSUMER_ALIGNED

    @property
    def namespace(self) -> str:
        """Of its datasets, as OpenLineage names them."""
        return f"{self.technology}://{self.domain.path.partition('.')[0]}"

    def port_name(self, at: int) -> str:
        return words.SUBJECTS[self.subject][0].replace(" ", "-") if at == 0 else f"extract-{at}"

    def port_id(self, at: int, major: int = 1) -> str:
        """Of its `at`-th port name."""
        return made_id(self.created, self.id, "port", at, major)

    def table(self, at: int) -> str:
        name = words.SUBJECTS[self.subject][0].replace(" ", "_")
        return name if at == 0 else f"{name}_{at}"


@dataclass(frozen=True)
class Plan:
    """A whole company; lists are ordered, popular things first."""

    seed: int
    datasets_per_product: int
    today: dt.datetime
    domains: list[DomainPlan]
    teams: list[TeamPlan]
    people: int
    products: list[ProductPlan]
    layers: list[list[ProductPlan]]

    def random(self, *purpose: object) -> Random:
        """Numbers for one purpose, whatever else was drawn before."""
        return Random(f"{self.seed} {purpose}")  # noqa: S311 - believable, not secret


def make_plan(*, seed: int, products: int, datasets_per_product: int, today: dt.datetime) -> Plan:
    """Draw the company. Cost: about 10 µs a product."""
    random = Random(f"{seed} plan")  # noqa: S311
    domains = _domains(random, seed, min(300, max(8, products // PRODUCTS_PER_DOMAIN)))
    teams = _teams(random, seed, domains, max(len(domains), products // PRODUCTS_PER_TEAM))
    planned = _products(random, seed, domains, teams, products, today)
    layers: list[list[ProductPlan]] = [[] for _ in range(LAYERS)]
    for product in planned:
        layers[product.layer].append(product)
    people = sum(len(team.people) for team in teams)
    return Plan(seed, datasets_per_product, today, domains, teams, people, planned, layers)


def skewed(random: Random, count: int, power: float = 2.5) -> int:
    """A place in a list of `count`, the first ones far more often (much as Zipf's law)."""
    return int(count * random.random() ** power)


def weighted(random: Random, choices: tuple[tuple[str, int], ...]) -> str:
    """One of `(value, percent)`."""
    left = random.random() * 100
    for value, percent in choices:
        left -= percent
        if left < 0:
            return value
    return choices[0][0]


def made_id(moment: dt.datetime, *parts: object) -> str:
    """A version 7 UUID that follows from its parts (RFC 9562 §5.7)."""
    noise = uuid.uuid5(uuid.NAMESPACE_OID, repr(parts)).int & ((1 << 80) - 1)
    value = int(moment.timestamp() * 1000) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))


def _domains(random: Random, seed: int, count: int) -> list[DomainPlan]:
    """A tree of three levels; the names of the first say the seed, so that companies differ."""
    found: list[DomainPlan] = []
    for name in words.DOMAINS[: max(4, min(len(words.DOMAINS), count // 4))]:
        title = f"{name.replace('-', ' ').capitalize()} {seed}"
        found.append(DomainPlan(len(found), f"{name}-{seed}", title, None))
    roots = len(found)
    taken = {domain.path for domain in found}
    while len(found) < count:
        parent = found[skewed(random, len(found), 1.5)]
        names = words.AREAS if parent.id < roots else words.REGIONS
        if parent.path.count(".") == 2:
            continue
        slug = names[skewed(random, len(names), 1.2)]
        path = f"{parent.path}.{slug}"
        if path not in taken:
            taken.add(path)
            title = slug.upper() if len(slug) < 5 else slug.capitalize()
            found.append(DomainPlan(len(found), path, title, parent.id))
    return found


def _teams(random: Random, seed: int, domains: list[DomainPlan], count: int) -> list[TeamPlan]:
    """Every domain has one; the big domains have most."""
    teams: list[TeamPlan] = []
    for number in range(count):
        domain = domains[number] if number < len(domains) else domains[skewed(random, len(domains))]
        kind = words.TEAM_NAMES[len(domain.teams) % len(words.TEAM_NAMES)]
        again = len(domain.teams) // len(words.TEAM_NAMES)
        name = f"{domain.name} {kind}{f' {again + 1}' if again else ''}"
        slug = f"{slugified(name)[:40]}-s{seed}-{number}"
        size = 2 + skewed(random, PEOPLE_PER_TEAM * 2 - 2, 1.2)
        first = teams[-1].people[-1] + 1 if teams else 0
        domain.teams.append(number)
        teams.append(TeamPlan(number, slug, name, domain, list(range(first, first + size))))
    return teams


def _products(
    random: Random,
    seed: int,
    domains: list[DomainPlan],
    teams: list[TeamPlan],
    count: int,
    today: dt.datetime,
) -> list[ProductPlan]:
    taken: set[tuple[int, str]] = set()
    shares = tuple((str(layer), share) for layer, share in enumerate(SHARES_OF_LAYERS))
    planned = []
    for number in range(count):
        domain = domains[skewed(random, len(domains))]
        subject = skewed(random, len(words.SUBJECTS), 1.6)
        name, slug = _name(random, subject, domain, taken)
        created = today - dt.timedelta(minutes=random.randrange(60, OLDEST_DAYS * 1440))
        planned.append(
            ProductPlan(
                number=number,
                id=made_id(created, seed, "product", number),
                slug=slug,
                name=name,
                subject=subject,
                domain=domain,
                team=teams[domain.teams[skewed(random, len(domain.teams), 1.5)]],
                layer=int(weighted(random, shares)),
                status=weighted(random, STATUSES),
                visibility=weighted(random, VISIBILITIES),
                classification=weighted(random, CLASSIFICATIONS),
                technology=words.TECHNOLOGIES[skewed(random, len(words.TECHNOLOGIES), 1.8)],
                ports=1 + (random.random() < 0.25) + (random.random() < 0.05),
                majors=1 + (random.random() < 0.12),
                created=created,
            )
        )
    return planned


def _name(
    random: Random, subject: int, domain: DomainPlan, taken: set[tuple[int, str]]
) -> tuple[str, str]:
    """A name that is free in its domain."""
    pieces = [words.SUBJECTS[subject][0]]
    if random.random() < 0.7:
        pieces.insert(0, words.QUALIFIERS[skewed(random, len(words.QUALIFIERS), 1.5)])
    if random.random() < 0.6:
        pieces.append(words.FACETS[skewed(random, len(words.FACETS), 1.5)])
    name = " ".join(pieces).capitalize()
    slug = slugified(name)
    number = 1
    while (domain.id, slug) in taken or slug in NAMES_OF_DOMAINS:
        number += random.randrange(1, 20)
        slug = f"{slugified(name)}-{number}"
    taken.add((domain.id, slug))
    return (f"{name} {number}" if number > 1 else name), slug
