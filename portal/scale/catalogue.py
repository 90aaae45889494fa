"""Products, ports and contracts of a synthetic catalogue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Any

from catalog.contracts.models import (
    ContractVersion,
    DataContract,
    QualityRule,
    SchemaObject,
    SchemaProperty,
    Sla,
)
from catalog.products.models import (
    DataProduct,
    OutputPort,
    Ownership,
    PortDataset,
)
from catalog.products.states import LISTED, Visibility
from core.models import AuditEvent
from portal.scale import words
from portal.scale.documents import ContractPlan, class_of, contract_of, draw_objects
from portal.scale.plan import Plan, ProductPlan, skewed
from portal.scale.structure import Structure
from portal.scale.tables import Table, json_text

ACTOR = "scale"  # who made all of it, in the audit log
SHARE_WITHOUT_PORT = 0.04  # of contracts: written before any port offers them


@dataclass(frozen=True, slots=True)
class Reading:
    """What the grants on a product say of it."""

    consumers: int = 0
    team_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What the checks say of a product."""

    score: float | None = None
    coverage: float = 0.0
    at: str | None = None
    stale_at: str | None = None


@dataclass(frozen=True, slots=True)
class PortPlan:
    """An output port that is about to be written."""

    id: str
    at: int  # which port name
    name: str
    major: int
    contract: ContractPlan


class Catalogue:
    """Writes products with what belongs to nobody else."""

    def __init__(self, plan: Plan, structure: Structure) -> None:
        self.plan = plan
        self.structure = structure
        self.contracts = Table(
            DataContract,
            *("id", "document_id", "name", "owner_id", "domain_id", "visibility", "offered"),
            *("reader_team_ids", "reader_user_ids", "created_at"),
        )
        self.versions = Table(
            ContractVersion,
            *("id", "contract_id", "version", "api_version", "status", "text", "sha256"),
            *("document", "created_at", "created_by"),
        )
        self.objects = Table(
            SchemaObject,
            *("id", "version_id", "position", "name", "physical_name", "physical_type"),
            "description",
        )
        self.properties = Table(
            SchemaProperty,
            *("object_id", "position", "path", "name", "logical_type", "physical_type"),
            *("required", "primary_key", "primary_key_position", "classification", "description"),
        )
        self.rules = Table(
            QualityRule,
            *("version_id", "pointer", "object_name", "property_path", "type", "metric"),
            *("operator", "threshold", "unit", "dimension", "severity", "name"),
        )
        self.levels = Table(Sla, "version_id", "property", "value", "unit")
        self.products = Table(
            DataProduct,
            *("id", "document_id", "slug", "fqn", "name", "purpose", "description", "usage"),
            *("domain_id", "owner_id", "status", "archetype", "visibility", "classification"),
            *("version", "tags", "links", "quality_score", "quality_coverage"),
            *("quality_measured_at", "quality_stale_at", "consumer_count", "reader_team_ids"),
            *("reader_user_ids", "successor_id", "sunset_on", "created_at", "updated_at"),
            "published_at",
        )
        self.ports = Table(
            OutputPort,
            *("id", "product_id", "name", "major", "version", "fqn", "title", "description"),
            *("technology", "contract_id", "contract_version_id", "location", "requestable"),
            "position",
        )
        self.datasets = Table(PortDataset, "port_id", "namespace", "name")
        self.product_terms = Table(DataProduct.terms.through, "dataproduct_id", "term_id")
        self.ownerships = Table(Ownership, "product_id", "kind", "user_id", "team_id")
        self.audit = Table(AuditEvent, "at", "actor", "verb", "object_kind", "object_id", "detail")
        self.tables = [
            *(self.contracts, self.versions, self.objects, self.properties, self.rules),
            *(self.levels, self.products, self.ports, self.datasets, self.product_terms),
            *(self.ownerships, self.audit),
        ]
        self._earlier: dict[int, str] = {}  # a product of each domain, for successors

    def ports_of(self, random: Random, product: ProductPlan) -> list[PortPlan]:
        """Its ports with their contracts; majors of one port share a contract."""
        found = []
        for at in range(product.ports):
            objects = draw_objects(random, product, at)
            majors = product.majors if at == 0 else 1
            for major in range(1, majors + 1):
                version = f"{major}.{random.randrange(4)}.0"
                contract = contract_of(product, at, version, objects, random.randrange(1_000))
                name = product.port_name(at)
                found.append(PortPlan(product.port_id(at, major), at, name, major, contract))
        return found

    def add(
        self,
        random: Random,
        product: ProductPlan,
        ports: list[PortPlan],
        reading: Reading,
        measured: Measured,
    ) -> None:
        """The rows of one product."""
        domain = self.structure.first_domain + product.domain.id
        team = self.structure.first_team + product.team.id
        updated = product.created + dt.timedelta(
            seconds=random.random() * (self.plan.today - product.created).total_seconds()
        )
        self._product(random, product, domain, team, reading, measured, updated)
        self._contracts(product, ports, domain, team, reading)
        if random.random() < SHARE_WITHOUT_PORT:
            self._contract_without_port(random, product, domain, team)
        self._people(random, product)
        self._history(product)
        self._earlier[product.domain.id] = product.id

    def _product(
        self,
        random: Random,
        product: ProductPlan,
        domain: int,
        team: int,
        reading: Reading,
        measured: Measured,
        updated: dt.datetime,
    ) -> None:
        subject = words.SUBJECTS[product.subject][0]
        purpose = words.PURPOSES[random.randrange(len(words.PURPOSES))].format(
            subject=subject, domain=product.domain.name
        )
        leaves = product.status == "deprecated"
        sunset = (self.plan.today + dt.timedelta(days=random.randrange(20, 400))).date()
        listed = product.status in LISTED
        links = [{"kind": "repository", "label": "", "url": f"https://git.example/{product.slug}"}]
        self.products.add(
            *(product.id, f"scale:{self.plan.seed}:{product.number}", product.slug, product.fqn),
            *(product.name, purpose, _text(random, 12, 40), _text(random, 5, 14)),
            *(domain, team, product.status, product.archetype, product.visibility),
            product.classification,
            f"{product.majors}.{random.randrange(9)}.0",
            list({words.TAGS[skewed(random, len(words.TAGS))]: 0 for _ in range(3)}),
            links if random.random() < 0.3 else [],
            *(measured.score, measured.coverage, measured.at, measured.stale_at),
            *(reading.consumers, list(reading.team_ids), list(reading.user_ids)),
            self._earlier.get(product.domain.id) if leaves else None,
            sunset.isoformat() if leaves else None,
            *(product.created.isoformat(), updated.isoformat()),
            product.created.isoformat() if listed else None,
        )

    def _contracts(
        self,
        product: ProductPlan,
        ports: list[PortPlan],
        domain: int,
        team: int,
        reading: Reading,
    ) -> None:
        contract_id = ""
        for position, port in enumerate(ports):
            planned = port.contract
            if port.major == 1:
                contract_id = self._contract(product, port, domain, team, reading)
            version = self._version(product, contract_id, planned)
            fqn = f"{product.fqn}/{port.name}@{port.major}"
            self.ports.add(
                *(port.id, product.id, port.name, port.major, planned.version, fqn),
                f"{product.name}, as tables",
                "" if port.major > 1 else f"The {port.name.replace('-', ' ')} of every day",
                *(product.technology, contract_id, version, location_of(product, port)),
                *(product.technology == "postgresql", position),
            )
            for table in planned.objects:
                name = f"{product.fqn}.v{port.major}.{table.name}"
                self.datasets.add(port.id, product.namespace, name)

    def _contract(
        self, product: ProductPlan, port: PortPlan, domain: int, team: int, reading: Reading
    ) -> str:
        listed = product.status in LISTED
        visibility = product.visibility if listed else Visibility.RESTRICTED
        contract_id = port.id  # ids of different tables may be equal
        readers = (list(reading.team_ids), list(reading.user_ids)) if listed else ([], [])
        self.contracts.add(
            *(contract_id, port.contract.document_id, port.contract.name, team, domain),
            *(visibility, True, *readers, product.created.isoformat()),
        )
        return contract_id

    def _version(self, product: ProductPlan, contract_id: str, planned: ContractPlan) -> int:
        version = self.versions.new_id()
        self.versions.add(
            *(version, contract_id, planned.version, "v3.1.0", planned.status, planned.text),
            *(planned.sha256, planned.data, product.created.isoformat(), ACTOR),
        )
        for at, described in enumerate(planned.objects):
            object_id = self.objects.new_id()
            self.objects.add(
                *(object_id, version, at, described.name, described.name, "table"),
                described.description,
            )
            for place, each in enumerate(described.columns):
                is_key = "k" in each.marks
                self.properties.add(
                    *(object_id, place, each.name, each.name, each.logical_type),
                    *(each.physical_type, "r" in each.marks, is_key, 1 if is_key else -1),
                    *(class_of(each, product.classification), each.description),
                )
        for rule in planned.rules:
            self.rules.add(
                *(version, rule.pointer, rule.object_name, rule.property_path, "library"),
                *(rule.metric, rule.operator, "0", "rows", rule.dimension, "error", rule.name),
            )
        for name, value, unit in planned.levels:
            self.levels.add(version, name, str(value), unit)
        return version

    def _contract_without_port(
        self, random: Random, product: ProductPlan, domain: int, team: int
    ) -> None:
        planned = contract_of(
            product, 90, "0.1.0", draw_objects(random, product, 90), random.randrange(1_000)
        )
        contract_id = product.port_id(90)
        self.contracts.add(
            *(contract_id, planned.document_id, planned.name, team, domain),
            *("company", False, [], [], product.created.isoformat()),
        )
        self._version(product, contract_id, planned)

    def _people(self, random: Random, product: ProductPlan) -> None:
        first = self.structure.first_user
        people = product.team.people
        if random.random() < 0.6:
            self.ownerships.add(product.id, "steward", first + random.choice(people), None)
        if random.random() < 0.3:
            self.ownerships.add(product.id, "expert", first + random.choice(people), None)
        if random.random() < 0.5:
            team = self.structure.first_team + product.team.id
            self.ownerships.add(product.id, "on-call", None, team)
        if random.random() < 0.4:
            terms = self.structure.term_ids
            for at in {skewed(random, len(terms)) for _ in range(2)}:
                self.product_terms.add(product.id, terms[at])

    def _history(self, product: ProductPlan) -> None:
        created = product.created.isoformat()
        self.audit.add(
            created, ACTOR, "product.created", "product", product.fqn, {"name": product.name}
        )
        if product.status in LISTED:
            self.audit.add(created, ACTOR, "product.published", "product", product.fqn, {})


def location_of(product: ProductPlan, port: PortPlan) -> str:
    """Where a port is, as its technology says it."""
    schema = f"{product.slug.replace('-', '_')}_v{port.major}"
    tables = {each.name: each.name for each in port.contract.objects}
    place: dict[str, Any] = {"database": "lake", "schema": schema, "tables": tables}
    if product.technology == "postgresql":
        place |= {"host": "lake.example", "port": 5432}
    elif product.technology == "snowflake":
        place |= {"account": "acme", "warehouse": "READERS"}
    elif product.technology == "bigquery":
        place = {"project": "acme-lake", "dataset": schema, "tables": tables}
    elif product.technology == "s3":
        place = {"location": f"s3://acme-lake/{product.fqn}/v{port.major}/*.parquet"}
        place |= {"format": "parquet"}
    elif product.technology == "kafka":
        place = {"host": "kafka.example:9092", "topic": f"{product.fqn}.v{port.major}"}
        place |= {"format": "json"}
    elif product.technology == "databricks":
        place = {"host": "acme.databricks.example", "catalog": "lake", "schema": schema}
        place |= {"tables": tables}
    return json_text(place)


def _text(random: Random, least: int, most: int) -> str:
    """A few sentences' worth of words, the usual ones far more often."""
    count = random.randrange(least, most)
    said = [words.WORDS[skewed(random, len(words.WORDS), 2.2)] for _ in range(count)]
    return " ".join(said).capitalize() + "."
