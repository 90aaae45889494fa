"""The blueprint document as records. What is wrong with one: `judging`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from catalog.products.names import slugified
from core.documents import Document, DocumentError, load_documents
from core.problems import Problem
from provisioning.blueprints.formats.conditions import holds
from provisioning.blueprints.formats.ordering import ordered
from provisioning.blueprints.formats.outputs import Output

# What every kind of thing adds to its parameters, for the steps; `place` is the name that objects
# in targets are called after and keep, `slug` the present one.
COMMON = frozenset({"name", "slug", "place", "fqn", "domain", "team", "instance"})
ASKER = "asker"  # who asked, of a domain: the first owner of its new team
CONTRACTED = frozenset({"contract.id", "contract.version", "contract.text", "contract.objects"})
PORT_KIND = "output-port"
DOMAIN_KIND = "domain"
# Kinds that the catalogue knows, with what they add further; any other word is a kind, too.
DERIVED: dict[str, frozenset[str]] = {
    "data-product": CONTRACTED | {"ports", "schema", "table"},
    PORT_KIND: CONTRACTED | {"port", "product", "schema", "table"},
}
CATALOGUED = frozenset({*DERIVED, DOMAIN_KIND})  # kinds that are written into the catalogue
FIXED = frozenset({"name", "domain", "team"})  # parameters that name a thing; they do not change
OWNER = "owner"  # approval by the owner of the domain
NONE = "none"
TEAM = "team:"
APPROVALS = {
    OWNER: "by the owner of the domain; none when that is you",
    NONE: "not needed",
}


@dataclass(frozen=True)
class StepTemplate:
    """One step, with placeholders."""

    id: str
    name: str
    driver: str
    action: str
    spec: Mapping[str, Any]
    depends_on: Sequence[str] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    undo: str = "absent"  # or keep: what it made stays when the operation fails or the thing goes


@dataclass(frozen=True)
class Expiry:
    """Which date parameter ends the thing, how far away it may be, and when to warn before."""

    parameter: str
    max_days: int
    warn_days: int


@dataclass(frozen=True)
class BlueprintDoc:
    """A blueprint as it was registered."""

    name: str
    title: str
    summary: str
    icon: str
    makes: str
    gets: Sequence[Mapping[str, str]]  # icon, text
    parameters: Mapping[str, Any]  # JSON Schema 2020-12
    example: Mapping[str, Any]
    steps: Sequence[StepTemplate]  # as they stand in the document
    approval: str = OWNER
    quota: Mapping[str, int] = field(default_factory=dict)  # of one team, of one domain
    cost: Mapping[str, str] = field(default_factory=dict)  # class, monthly
    outputs: Sequence[Output] = ()
    expires: Expiry | None = None
    deadline_minutes: int = 15  # an operation that takes longer is undone

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.parameters["properties"]
        return found

    @property
    def fixed(self) -> frozenset[str]:
        """Parameters that stay as they were when the thing was made."""
        marked = {n for n, node in self.properties.items() if node.get("x-ui", {}).get("fixed")}
        return (FIXED | marked) & frozenset(self.properties)

    def steps_for(self, parameters: Mapping[str, Any]) -> list[StepTemplate]:
        """Those that apply, each after what it depends on."""
        by_id = {each.id: each for each in self.steps}
        order = ordered({each.id: each.depends_on for each in self.steps})
        return [
            by_id[name] for name in order if holds(by_id[name].when, self.parameters, parameters)
        ]

    @property
    def deadline_s(self) -> float:
        return self.deadline_minutes * 60.0

    @property
    def deciders(self) -> tuple[bool, str]:
        """Whether the owner of the domain decides, and the slug of a team that decides (after)."""
        first, _, second = self.approval.partition("+")
        team = second or first
        return first == OWNER, team.removeprefix(TEAM) if team.startswith(TEAM) else ""

    @property
    def approval_words(self) -> str:
        """The approval rule as people say it."""
        by_owner, team = self.deciders
        if not team:
            return APPROVALS[self.approval]
        return f"by the owner of the domain, then by {team}" if by_owner else f"by {team}"


def read_blueprint(text: str) -> Document:
    """The single document in `text`.

    Raises:
        DocumentError: it cannot be read, or there are several.
    """
    documents = load_documents(text)
    if len(documents) > 1:
        message = f"Send one document; these are {len(documents)}."
        line = documents[1].first_line
        raise DocumentError(Problem("", "several-documents", message, line=line))
    return documents[0]


@lru_cache(maxsize=64)
def blueprint_in(text: str) -> BlueprintDoc:
    """The blueprint of a registered version, from its text: a JSON column forgets the order.

    Cost: some 20 ms for a new text, then nothing; versions never change.
    """
    return parse_blueprint(read_blueprint(text).data)


def parse_blueprint(data: Mapping[str, Any]) -> BlueprintDoc:
    """A blueprint without problems as a record."""
    return BlueprintDoc(
        name=data["name"],
        title=data["title"],
        summary=data["summary"],
        icon=data.get("icon", "services"),
        makes=data["makes"],
        gets=data.get("gets", []),
        parameters=data["parameters"],
        example=data["example"],
        steps=[_step(each) for each in data["steps"]],
        approval=data.get("approval", OWNER),
        quota=data.get("quota", {}),
        cost=data.get("cost", {}),
        outputs=[Output(name=name, **each) for name, each in data.get("outputs", {}).items()],
        expires=_expiry(data["expires"]) if "expires" in data else None,
        deadline_minutes=data.get("deadline_minutes", 15),
    )


def step_id(step: Mapping[str, Any]) -> str:
    """How other parts of the document call a step: its id, else its name as a slug."""
    return str(step.get("id") or slugified(step["name"]))


def _step(data: Mapping[str, Any]) -> StepTemplate:
    return StepTemplate(
        id=step_id(data),
        name=data["name"],
        driver=data["driver"],
        action=data["action"],
        spec=data.get("spec", {}),
        depends_on=data.get("depends_on", ()),
        when=data.get("when", {}),
        undo=data.get("undo", "absent"),
    )


def _expiry(data: Mapping[str, Any]) -> Expiry:
    return Expiry(data["parameter"], data["max_days"], data.get("warn_days", 7))
