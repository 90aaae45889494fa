"""The types of events that leave the portal, and the document that each becomes.

An event names its subject and says what happened to it; a reader asks for the rest by REST or
GraphQL, with rights of their own. The form is that of Standard Webhooks: `type`, `timestamp`,
`data`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Payload = Mapping[str, Any]
TEST = "webhook.test"


@dataclass(frozen=True)
class EventType:
    """One type of event.

    Args:
        name: what readers know it by, `<noun>.<what happened>`.
        topic: of the outbox; an event of a topic with several types names its own as `verb`.
        subject: kind of what it is about.
        key: the member of the payload that names the subject; "" for the event's own key.
        facts: members of the payload that are told.
    """

    name: str
    topic: str
    subject: str
    key: str
    about: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What an event is about, as far as its reader may know it."""

    kind: str
    id: str
    name: str
    url: str  # path of its page
    # those whose own it is; None where only those may see it who have part in it
    team_ids: frozenset[int] | None = None

    def is_of(self, team_id: int) -> bool:
        """Whether a team that may see it counts it as its own."""
        return self.team_ids is None or team_id in self.team_ids


def _product(verb: str, about: str) -> EventType:
    return EventType(f"product.{verb}", "product.moved", "product", "product_id", about)


def _grant(verb: str, about: str) -> EventType:
    return EventType(f"grant.{verb}", "grant.changed", "grant", "grant_id", about)


def _request(verb: str, about: str) -> EventType:
    name = f"request.{verb}"
    return EventType(name, name, "request", "request_id", about, ("state",))


def _campaign(verb: str, about: str) -> EventType:
    name = f"campaign.{verb}"
    return EventType(name, name, "campaign", "campaign_id", about)


def _consent(verb: str, about: str) -> EventType:
    name = f"consent.{verb}"
    return EventType(name, name, "consent", "consent_id", about)


def _incident(verb: str, about: str) -> EventType:
    name = f"incident.{verb}"
    facts = ("product", "cause", "severity")
    return EventType(name, name, "incident", "incident_id", about, facts)


def _changed(kind: str, key: str, about: str, facts: tuple[str, ...] = ()) -> EventType:
    name = f"{kind}.changed"
    return EventType(name, name, kind, key, about, facts)


TYPES: tuple[EventType, ...] = (
    _changed("product", "product_id", "Anything about a product changed."),
    _product("published", "A product can be found and asked for."),
    _product("deprecated", "A product will end; its page names the successor."),
    _product("retired", "A product has ended."),
    EventType(
        *("product.measured", "product.measured", "product", "product_id"),
        "The quality score of a product was computed anew.",
    ),
    _incident("opened", "Something is wrong with the data of a product."),
    _incident("reopened", "What seemed to be over is wrong again."),
    _incident("resolved", "An incident is over."),
    EventType(
        *("announcement.made", "announcement.made", "product", ""),
        "The owners of a product announced something.",
    ),
    EventType(
        *("comment.made", "comment.made", "product", "product_id"),
        "Somebody commented on a product.",
    ),
    EventType(
        *("contract.version-saved", "contract.version-saved", "contract", "contract"),
        "A data contract has a further version; the level says what it means to readers.",
        ("document_id", "from", "to", "level"),
    ),
    EventType(
        *("port.change-announced", "port.change-announced", "product", "product_id"),
        "A change that breaks the readers of a port has a day.",
        ("port", "from", "to", "on", "level"),
    ),
    _changed("demand", "demand_id", "A wish for data was made or answered.", ("state",)),
    _changed("system", "system_id", "An operational system changed."),
    _changed("domain", "domain_id", "A domain changed."),
    _changed("team", "team_id", "A team changed."),
    _changed("policy", "policy_id", "A policy changed."),
    _changed("term", "term_id", "A glossary term changed."),
    _changed("rule", "rule_id", "A rule that says who decides changed."),
    _changed("blueprint", "blueprint", "A blueprint changed.", ("verb",)),
    _request("submitted", "A request waits for decisions."),
    _request("reminded", "The requester reminded those who decide."),
    _request("escalated", "Nobody decided a request in time."),
    _request("decided", "Somebody approved or rejected a request."),
    _request("cancelled", "A request was withdrawn, or its work shall stop."),
    _request("finished", "What was asked for is done, or could not be."),
    _grant("activated", "Access is in force."),
    _grant("failed", "Access was approved but could not be set up."),
    _grant("extended", "Access goes on until a later day."),
    _grant("revoked", "Somebody ended an access."),
    _grant("expired", "The day until which access was granted is over."),
    _grant("removed", "What ended is gone from the target, as was verified there."),
    EventType(
        *("grant.ending", "grant.ending", "grant", "grant_id"),
        "Access ends in some days.",
        ("days",),
    ),
    _consent("asked", "A reader is asked about an announced change that breaks it."),
    _consent("answered", "A reader answered."),
    _consent("overruled", "The owner goes on in spite of a reader's answer."),
    _campaign("started", "Owners are asked whose access is still needed."),
    _campaign("ending", "A campaign closes soon."),
    _campaign("closed", "A campaign is over."),
    _changed(
        "resource", "instance_id", "A job made or changed something.", ("blueprint", "version")
    ),
    EventType(
        *("resource.expiring", "resource.expiring", "resource", "instance_id"),
        "Something is removed soon.",
    ),
    EventType(
        *("operation.finished", "operation.finished", "operation", "operation_id"),
        "A job came to its end.",
        ("kind", "state"),
    ),
)
BY_NAME: Mapping[str, EventType] = MappingProxyType({each.name: each for each in TYPES})
TOPICS = frozenset(each.topic for each in TYPES)
GROUPS = tuple(dict.fromkeys(each.name.partition(".")[0] for each in TYPES))


def type_of(topic: str, payload: Payload) -> EventType | None:
    """The type of an outbox event; None for what only concerns the portal itself."""
    if "after" in payload:  # the rest of a long piece of work, not a further event
        return None
    found = BY_NAME.get(topic) or BY_NAME.get(str(payload.get("verb", "")))
    return found if found is not None and found.topic == topic else None


def is_pattern(text: str) -> bool:
    """Whether `text` names a type, or a group of them as `product.*`."""
    group, _, rest = text.partition(".")
    return text in BY_NAME or (rest == "*" and group in GROUPS)


def is_wanted(name: str, patterns: Collection[str]) -> bool:
    """Whether one of the patterns takes the type; without any all are taken."""
    return not patterns or name in patterns or f"{name.partition('.')[0]}.*" in patterns


def document_of(
    kind: EventType,
    subject: Subject,
    payload: Payload,
    *,
    event_id: str,
    position: int,
    at: dt.datetime,
    base_url: str,
) -> dict[str, Any]:
    """The event as the feed lists it and a webhook sends it."""
    return {
        "id": event_id,
        "position": position,
        "type": kind.name,
        "timestamp": at.isoformat(),
        "data": {
            "subject": {
                "kind": subject.kind,
                "id": subject.id,
                "name": subject.name,
                "url": base_url.rstrip("/") + subject.url,
            },
            **{name: payload[name] for name in kind.facts if payload.get(name) is not None},
        },
    }


def test_document(*, event_id: str, at: dt.datetime, webhook: str) -> dict[str, Any]:
    """What a webhook sends when somebody tries it."""
    return {
        "id": event_id,
        "position": None,
        "type": TEST,
        "timestamp": at.isoformat(),
        "data": {"webhook": webhook},
    }
