"""Fernhaven, the demo company: a retailer with shops and a web shop. Read from `data/*.yaml`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from core.documents import load_documents

DATA = Path(__file__).parent / "data"
SEED = 20261123
SITE = "https://fernhaven.example"
LAKE = "fernhaven://lake"  # lineage namespace of the ports that are not in the warehouse
FROM_SYSTEM = "system "  # how `reads` names the port of an operational system


@dataclass(frozen=True)
class TeamData:
    name: str
    kind: str
    domain: str
    contact: str
    members: dict[str, str]  # user name: role


@dataclass(frozen=True)
class Col:
    """A column of the demo; `marks`: k key, r required, c confidential, p personal data."""

    name: str
    logical_type: str
    marks: str
    description: str


@dataclass(frozen=True)
class ProductSpec:
    """A product of the demo; `real` ones get tables with rows in the warehouse."""

    fqn: str
    name: str
    team: str
    archetype: str
    purpose: str
    fresh: str  # promised latency, e.g. "4 h"
    ports: list[str]  # technologies; the first port has the product's own name
    columns: list[Col]
    about: str = ""
    use: str = ""
    limits: str = ""
    status: str = "active"
    classification: str = "internal"
    visibility: str = "company"
    reads: list[str] = field(default_factory=list)  # products; system ports after FROM_SYSTEM
    derived: dict[str, list[str]] = field(default_factory=dict)  # column: columns of products
    tags: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    score: float | None = None  # percent; of the results and the history that the demo records
    real: bool = False
    available: float | None = None  # percent
    majors: int = 1  # versions of the first port that live side by side
    first: dict[str, Any] = field(default_factory=dict)  # what major version 1 was like
    grew: list[str] = field(default_factory=list)  # columns that came with the minor version 1
    is_late: bool = False  # its newest rows are older than promised
    age: int | None = None  # days since it was published
    successor: str = ""
    sunset_in: int | None = None  # days from now

    @property
    def domain(self) -> str:
        return self.fqn.rpartition(".")[0]

    @property
    def slug(self) -> str:
        return self.fqn.rpartition(".")[2]

    @property
    def product_reads(self) -> list[str]:
        return [read for read in self.reads if not read.startswith(FROM_SYSTEM)]

    @property
    def system_reads(self) -> list[str]:
        """Ports of operational systems, `<fqn>/<name>`."""
        named = [read for read in self.reads if read.startswith(FROM_SYSTEM)]
        return [read.removeprefix(FROM_SYSTEM) for read in named]

    @property
    def version(self) -> str:
        """Of the contract and its ports; what a form made as 1.0.0 promises more in 1.1.0."""
        return f"{self.majors}.{1 if self.real or self.grew else 0}.0"

    @property
    def versions(self) -> list[str]:
        """All versions of the contract but those that a form makes, the oldest first."""
        older = [f"{major}.0.0" for major in range(1, self.majors)]
        return [*older, *([f"{self.majors}.0.0"] if self.grew else []), self.version]

    def columns_of(self, version: str) -> list[Col]:
        """The columns of one version of the contract."""
        if version == self.version:
            return self.columns
        if version.startswith(f"{self.majors}."):
            return [each for each in self.columns if each.name not in self.grew]
        gone, old = self.first.get("without", []), self.first.get("old", {})
        return [
            Col(old.get(each.name, each.name), each.logical_type, each.marks, each.description)
            for each in self.columns
            if each.name not in gone
        ]


@cache
def read(name: str) -> Any:
    """One file of the company."""
    return load_documents((DATA / f"{name}.yaml").read_bytes(), media="yaml")[0].data


def incidents() -> list[dict[str, Any]]:
    """What went wrong in the last ninety days."""
    found: list[dict[str, Any]] = read("talk")["incidents"]
    return found


@cache
def teams() -> dict[str, TeamData]:
    """Teams by slug; the first owner listed acts for the team."""
    found = {}
    for slug, given in read("organisation")["teams"].items():
        roles = ("owner", "contributor", "viewer")
        members = {user: role for role in roles for user in given.get(role, [])}
        found[slug] = TeamData(
            given["name"], given["kind"], given["domain"], given["contact"], members
        )
    return found


@cache
def products() -> dict[str, ProductSpec]:
    """Products by fqn, in the order of the files."""
    found: dict[str, ProductSpec] = {}
    for name in ("sales", "supply", "customer", "finance", "more"):
        for fqn, given in read(f"products-{name}").items():
            found[fqn] = _product(fqn, dict(given))
    return found


def _product(fqn: str, given: dict[str, Any]) -> ProductSpec:
    columns = [_column(name, text) for name, text in given.pop("columns").items()]
    classification = given.pop("class", "internal")
    return ProductSpec(fqn=fqn, columns=columns, classification=classification, **given)


def _column(name: str, text: str) -> Col:
    kind, _, description = text.partition("|")
    logical_type, _, marks = kind.strip().partition(" ")
    return Col(name, logical_type, marks.strip(), description.strip())


def document_id(kind: str, name: str) -> str:
    """A stable id, so that loading again finds the same thing."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SITE}/{kind}/{name}"))


def instance_id(fqn: str) -> uuid.UUID:
    """Of the operation that makes a real product."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"{SITE}/instances/{fqn}")


def contract_id(spec: ProductSpec) -> str:
    """ODCS `id` of a product's contract; that of a real product is made with it."""
    if spec.real:
        return str(uuid.uuid5(instance_id(spec.fqn), "contract"))
    return document_id("contracts", spec.fqn)
