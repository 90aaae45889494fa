"""Backstage catalogue entities: validate and parse."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.products.formats.backstage_schema import (
    GROUP,
    KINDS,
    VERSIONS,
    schema_check,
    spec_types,
)
from core.descriptors import (
    Node,
    Verdict,
    declared_version,
    duplicate_keys,
    in_order,
    text_of,
    texts_of,
)
from core.documents import Document, unsafe_character
from core.problems import Problem, has_errors, shown

__all__ = ["KINDS", "Entity", "Link", "is_entity", "parse", "validate"]

_LATEST = VERSIONS[-1]
_NAME = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_LONGEST_NAME = 63
_TEMPLATE = re.compile(r"\$\{\{|\{\{|\{%")
_PRODUCT = "data-product"


@dataclass(frozen=True)
class Link:
    url: str
    title: str
    type: str


@dataclass(frozen=True)
class Entity:
    """One entity. References (owner, system, domain) are names without kind and namespace."""

    kind: str
    name: str
    namespace: str
    title: str
    description: str
    tags: tuple[str, ...]
    links: tuple[Link, ...]
    annotations: Mapping[str, Any]
    type: str  # of the spec, e.g. service, database, openapi
    lifecycle: str
    owner: str
    system: str
    parent_domain: str  # the domain a system belongs to
    definition: str  # of an API: its OpenAPI, AsyncAPI, ... text
    depends_on: tuple[str, ...]

    @property
    def reference(self) -> str:
        """`kind:namespace/name` in small letters, as Backstage writes it."""
        return f"{self.kind}:{self.namespace}/{self.name}".lower()

    @property
    def document_id(self) -> str:
        """What the portal knows it by."""
        return self.reference

    @property
    def version(self) -> str:
        return str(self.annotations.get("meshport/version") or "")

    @property
    def domain(self) -> str:
        """Path of the portal's domain: an annotation, else the system's domain."""
        return str(self.annotations.get("meshport/domain") or "") or self.parent_domain

    @property
    def team(self) -> str:
        return self.owner

    @property
    def system_reference(self) -> str:
        """The system it is a part of, as `system:namespace/name`; "" for none."""
        if self.kind == "System":
            return self.reference
        return _reference(self.system, "system", self.namespace) if self.system else ""

    @property
    def is_product(self) -> bool:
        """A component of type data-product, or one that says so in an annotation."""
        marked = str(self.annotations.get("meshport/data-product") or "").lower() == "true"
        return self.kind == "Component" and (self.type.lower() == _PRODUCT or marked)

    @property
    def is_system(self) -> bool:
        """Whether the portal keeps it as an operational system or a part of one."""
        if self.kind == "Component":
            return self.type.lower() == "service" and not self.is_product
        return self.kind in ("System", "API", "Resource")


def is_entity(data: Any) -> bool:
    """Whether the document says it is of Backstage, or has one of its kinds with `metadata`."""
    if not isinstance(data, Mapping):
        return False
    if str(data.get("apiVersion") or "").startswith(GROUP):
        return True
    return data.get("kind") in KINDS and "metadata" in data


def validate(document: Document) -> Verdict:
    """Judge an entity by its envelope and its kind."""
    if document.problems:
        return Verdict(False, document.problems, None, None, _LATEST)
    data = document.data
    problems = [*duplicate_keys(document), *_schema_problems(document)]
    if not has_errors(problems):
        problems += _rule_problems(data)
    valid = not has_errors(problems)
    return Verdict(valid, in_order(problems, document), declared_version(data), valid, _LATEST)


def _schema_problems(document: Document) -> list[Problem]:
    kind, spec = text_of(document.data, "kind"), document.data.get("spec")
    spec_type = text_of(spec, "type") if isinstance(spec, Mapping) else ""
    known = spec_type if spec_type in spec_types(kind) else ""
    return schema_check(kind if kind in KINDS else "", known).problems(document)


def _rule_problems(data: Node) -> Iterator[Problem]:
    """What the model's text says of names, beyond its schemas. A template's marks are kept."""
    metadata = data["metadata"]
    for field in ("name", "namespace"):
        name, pointer = text_of(metadata, field), f"/metadata/{field}"
        unsafe = unsafe_character(name)
        if unsafe:
            message = f"Remove the invisible character {unsafe} from the {field}."
            yield Problem(pointer, "unsafe-name", message)
        elif _TEMPLATE.search(name):
            message = f"`{shown(name)}` is a template's mark; fill in the {field} before you apply."
            yield Problem(pointer, "not-filled-in", message, "warning")
        elif name and (not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME):
            message = f"Use 1 to {_LONGEST_NAME} letters and digits, divided by `-`, `_` or `.`."
            yield Problem(pointer, "bad-name", message, "warning")


def parse(data: Node) -> Entity:
    """Read an entity that `validate` found valid; absent texts are ""."""
    metadata, spec = data["metadata"], data.get("spec") or {}
    namespace = text_of(metadata, "namespace") or "default"
    return Entity(
        kind=text_of(data, "kind"),
        name=text_of(metadata, "name"),
        namespace=namespace,
        title=text_of(metadata, "title"),
        description=text_of(metadata, "description"),
        tags=texts_of(metadata, "tags"),
        links=tuple(
            Link(text_of(each, "url"), text_of(each, "title"), text_of(each, "type"))
            for each in metadata.get("links") or ()
        ),
        annotations=dict(metadata.get("annotations") or {}),
        type=text_of(spec, "type"),
        lifecycle=text_of(spec, "lifecycle"),
        owner=_bare(text_of(spec, "owner")),
        system=text_of(spec, "system"),
        parent_domain=_bare(text_of(spec, "domain")),
        definition=text_of(spec, "definition"),
        depends_on=texts_of(spec, "dependsOn"),
    )


def _bare(reference: str) -> str:
    """`group:default/order-desk` is `order-desk`."""
    return reference.rpartition("/")[2].rpartition(":")[2]


def _reference(name: str, kind: str, namespace: str) -> str:
    """A reference in full: kind and namespace are added where they are left out."""
    given, _, rest = name.rpartition(":")
    place, _, bare = rest.rpartition("/")
    return f"{given or kind}:{place or namespace}/{bare}".lower()
