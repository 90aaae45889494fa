"""A valid ODPS document to the plain records that the portal works with."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.descriptors import Node, custom_properties, text_of, texts_of

_NUMBER = re.compile(r"\d+")
_NOT_LETTER = re.compile(r"[^a-z]")

# Spellings of the standard and of its custom properties, letters only: ours.
ARCHETYPES: Mapping[str, str] = {
    "sourcealigned": "source-aligned",
    "aggregate": "aggregate",
    "aggregated": "aggregate",
    "consumeraligned": "consumer-aligned",
}

LINK_KINDS: Mapping[str, str] = {  # of `authoritativeDefinitions.type`, letters only: ours
    "businessdefinition": "documentation",
    "dashboard": "dashboard",
    "documentation": "documentation",
    "glossary": "documentation",
    "implementation": "repository",
    "repository": "repository",
    "runbook": "runbook",
    "sourcecode": "repository",
    "support": "support",
    "transformationimplementation": "repository",
    "tutorial": "documentation",
    "videotutorial": "documentation",
}
_LINK_LISTS = frozenset({"support", "authoritativeDefinitions"})


@dataclass(frozen=True)
class InputContract:
    """A contract that an output port is made from: lineage inside the product."""

    id: str
    version: str


@dataclass(frozen=True)
class InputPort:
    """What the product reads; identified by name and version."""

    name: str
    version: str = ""
    contract_id: str = ""
    tags: tuple[str, ...] = ()
    custom_properties: Mapping[str, Any] = field(default_factory=dict)
    pointer: str = field(default="", compare=False)


@dataclass(frozen=True)
class OutputPort:
    """What the product offers; identified by name and major version."""

    name: str
    version: str = ""
    type: str = ""
    description: str = ""
    contract_id: str = ""
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    input_contracts: tuple[InputContract, ...] = ()
    custom_properties: Mapping[str, Any] = field(default_factory=dict)  # also where its data lies
    pointer: str = field(default="", compare=False)

    @property
    def major(self) -> int:
        return major_of(self.version)


@dataclass(frozen=True)
class Member:
    """Somebody in the team that makes the product."""

    username: str
    role: str
    has_left: bool  # a day of leaving is given


@dataclass(frozen=True)
class ProductDoc:
    """What the portal knows of a product from its descriptor."""

    document_id: str
    api_version: str
    name: str
    version: str
    status: str
    domain: str
    tenant: str
    archetype: str  # source-aligned | aggregate | consumer-aligned | ""
    team: str
    purpose: str
    usage: str
    limitations: str
    tags: tuple[str, ...]
    input_ports: tuple[InputPort, ...]
    output_ports: tuple[OutputPort, ...]
    custom_properties: Mapping[str, Any]
    links: tuple[tuple[str, str, str], ...] | None = None  # kind, label, url; None: none given
    members: tuple[Member, ...] | None = None  # None: none given

    @property
    def slug(self) -> str:
        """The slug the author asks for, unchecked; "" when the name decides."""
        return str(self.custom_properties.get("slug") or "")


def parse(data: Node) -> ProductDoc:
    """Read a document that `validate` found valid; absent texts are "", absent lists empty."""
    extras = custom_properties(data)
    team, description = data.get("team"), data.get("description") or {}
    return ProductDoc(
        document_id=text_of(data, "id"),
        api_version=text_of(data, "apiVersion"),
        name=text_of(data, "name"),
        version=text_of(data, "version"),
        status=text_of(data, "status"),
        domain=text_of(data, "domain"),
        tenant=text_of(data, "tenant"),
        archetype=_archetype(data, extras),
        team=text_of(team, "name") if isinstance(team, Mapping) else "",
        purpose=text_of(description, "purpose"),
        usage=text_of(description, "usage"),
        limitations=text_of(description, "limitations"),
        tags=texts_of(data, "tags"),
        input_ports=tuple(
            _input_port(node, f"/inputPorts/{at}")
            for at, node in enumerate(data.get("inputPorts") or ())
        ),
        output_ports=tuple(
            _output_port(node, f"/outputPorts/{at}")
            for at, node in enumerate(data.get("outputPorts") or ())
        ),
        custom_properties=extras,
        links=tuple(_links(data)) if _LINK_LISTS & data.keys() else None,
        members=_members(team),
    )


def major_of(version: str) -> int:
    """First whole number of a version (`v2.1` is 2); 1 where there is none. INTERFACE §4a."""
    found = _NUMBER.search(version)
    return int(found[0][:18]) if found else 1


def _archetype(data: Node, extras: Mapping[str, Any]) -> str:
    """From `type` (1.1.0), else from the custom property that stood for it before."""
    named = data.get("type") or extras.get("archetype") or extras.get("type") or ""
    return ARCHETYPES.get(_NOT_LETTER.sub("", str(named).lower()), "")


def _links(data: Node) -> Iterator[tuple[str, str, str]]:
    for each in data.get("support") or ():
        yield "support", text_of(each, "channel"), text_of(each, "url")
    for each in data.get("authoritativeDefinitions") or ():
        named = text_of(each, "type")
        kind = LINK_KINDS.get(_NOT_LETTER.sub("", named.lower()), "other")
        yield kind, text_of(each, "description") or named, text_of(each, "url")


def _members(team: Any) -> tuple[Member, ...] | None:
    """Of a team, or of the bare list that a team was in 0.9.0."""
    members = team.get("members") if isinstance(team, Mapping) else team
    if members is None:
        return None
    return tuple(
        Member(text_of(each, "username"), text_of(each, "role"), "dateOut" in each)
        for each in members
    )


def _input_port(node: Node, pointer: str) -> InputPort:
    return InputPort(
        name=text_of(node, "name"),
        version=text_of(node, "version"),
        contract_id=text_of(node, "contractId"),
        tags=texts_of(node, "tags"),
        custom_properties=custom_properties(node),
        pointer=pointer,
    )


def _output_port(node: Node, pointer: str) -> OutputPort:
    contracts = node.get("inputContracts") or ()
    return OutputPort(
        name=text_of(node, "name"),
        version=text_of(node, "version"),
        type=text_of(node, "type"),
        description=text_of(node, "description"),
        contract_id=text_of(node, "contractId"),
        deprecated=node.get("deprecated") is True,
        tags=texts_of(node, "tags"),
        input_contracts=tuple(
            InputContract(text_of(each, "id"), text_of(each, "version")) for each in contracts
        ),
        custom_properties=custom_properties(node),
        pointer=pointer,
    )
