"""What a form, a descriptor or a job wants a product to be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import Domain, Team
from core.documents import Document
from core.problems import Problem


@dataclass(frozen=True)
class PortData:
    """An output port; `location` and `datasets` None: as they are."""

    name: str  # slug
    major: int = 1
    version: str = ""
    title: str = ""
    description: str = ""
    technology: str = ""  # ODCS server type, e.g. postgresql
    contract_id: str = ""  # ODCS `id`
    contract_version: str = ""  # "": the one with the port's version or major, else the newest
    location: Mapping[str, Any] | None = None
    datasets: tuple[tuple[str, str], ...] | None = None  # OpenLineage (namespace, name)
    requestable: bool = True
    pointer: str = ""  # where it stands in the document
    # when a contract version that breaks those who read the published port is to hold
    breaking_from: dt.date | None = None


@dataclass(frozen=True)
class InputData:
    """What the product reads: by the contract that describes it, or from a system."""

    name: str
    version: str = ""
    contract_id: str = ""
    pointer: str = ""
    system: str = ""  # fqn of a system, or `<system fqn>/<port name>`


@dataclass(frozen=True)
class OwnershipData:
    """A part in the product: of a user or of a team."""

    kind: str  # steward, expert, on-call
    user: str = ""  # user name or mail address
    team: str = ""  # slug
    pointer: str = ""


@dataclass(frozen=True)
class LinkData:
    """A web or mail address where more is found."""

    kind: str  # of LinkKind
    label: str
    url: str  # http, https or mailto
    pointer: str = ""


@dataclass(frozen=True)
class ProductData:
    """A whole product. Ports and inputs that are not named are taken away.

    `links`, `extra`, `terms` and `ownerships` None: as they are.
    """

    document_id: str  # ODPS `id`
    name: str
    domain: Domain
    owner: Team
    slug: str = ""  # "": kept while the name stays, else made from the name, else from the id
    status: str = ""  # "": kept; of a new one draft
    purpose: str = ""
    description: str = ""
    limitations: str = ""
    usage: str = ""
    archetype: str = ""
    visibility: str = ""  # "": kept; of a new one company
    classification: str = ""  # "": kept
    version: str = ""
    tags: tuple[str, ...] = ()
    ports: tuple[PortData, ...] = ()
    inputs: tuple[InputData, ...] = ()
    document: Document | None = None  # as given; None when made by a form
    instance_id: UUID | None = None  # whose provisioning makes it
    links: tuple[LinkData, ...] | None = None
    extra: Mapping[str, Any] | None = None  # what the domain's own JSON Schema asks for
    terms: tuple[str, ...] | None = None  # slugs or names
    ownerships: tuple[OwnershipData, ...] | None = None
    # from a descriptor: people that are not known are told, not refused; and what else it says that
    # stays in the document only
    is_descriptor: bool = False
    left_out: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class SystemPortData:
    """An interface of a system; its operations are read from `document`."""

    name: str  # slug
    kind: str  # of SystemPortKind
    title: str = ""
    version: str = ""
    description: str = ""
    url: str = ""
    document: Document | None = None  # OpenAPI or AsyncAPI
    # OpenLineage (namespace, name) of what stands behind it; None: as they are
    datasets: tuple[tuple[str, str], ...] | None = None
    pointer: str = ""  # where it stands in what was handed in


@dataclass(frozen=True)
class SystemData:
    """A whole operational system. Ports that are not named are taken away."""

    document_id: str
    name: str
    domain: Domain
    owner: Team
    slug: str = ""  # "": kept while the name stays, else made from the name, else from the id
    purpose: str = ""
    description: str = ""
    status: str = "active"
    technology: str = ""
    tags: tuple[str, ...] = ()
    links: tuple[LinkData, ...] = ()
    ports: tuple[SystemPortData, ...] = ()
    document: Document | None = None  # as given; None when made by a form
