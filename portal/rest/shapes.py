"""What the answers about domains, teams, notifications and the audit log look like."""

from __future__ import annotations

from core.openapi import (
    COUNT,
    FLAG,
    FREE,
    MOMENT,
    PLACE_OF_DOMAIN,
    TEAM_NAME,
    TEXT,
    TEXTS,
    URL,
    WHOLE,
    about,
    extended,
    listed,
    maybe,
    record,
)

DOMAIN = record(
    "Domain",
    {
        "path": about(TEXT, "dotted, e.g. sales.emea"),
        "name": TEXT,
        "purpose": TEXT,
        "parent": maybe(TEXT, "path"),
        "owner": maybe(TEAM_NAME),
        "url": URL,
    },
)
DOMAIN_IN_FULL = extended(
    "DomainInFull",
    DOMAIN,
    {
        "field_schema": maybe(FREE, "JSON Schema of the fields that its products have"),
        "children": about(TEXTS, "paths of the domains right below; 200 at most"),
        "teams": about(TEXTS, "slugs; 200 at most"),
        "products": about(TEXTS, "fqns of those that you may see; 200 at most"),
        "systems": about(TEXTS, "fqns of those that you may see; 200 at most"),
    },
)
TEAM = record(
    "Team",
    {
        "slug": TEXT,
        "name": TEXT,
        "kind": about(TEXT, "stream-aligned, platform, enabling or complicated-subsystem"),
        "contact": TEXT,
        "domain": maybe(PLACE_OF_DOMAIN),
        "parent": maybe(TEXT, "slug"),
        "url": URL,
    },
)
TEAM_IN_FULL = extended(
    "TeamInFull",
    TEAM,
    {
        "members": listed(record("Member", {"username": TEXT, "name": TEXT, "role": TEXT})),
        "owned_domains": about(TEXTS, "paths of those that it answers for"),
        "products": about(TEXTS, "fqns of those that you may see; 200 at most"),
        "systems": about(TEXTS, "fqns of those that you may see; 200 at most"),
    },
)
NOTIFICATION = record(
    "Notification",
    {
        "id": WHOLE,
        "kind": TEXT,
        "title": TEXT,
        "reason": about(TEXT, "why you hear of it"),
        "url": URL,
        "created_at": MOMENT,
        "read_at": maybe(MOMENT),
        "mail_at": maybe(MOMENT, "when a mail tells it; null: none does, or did"),
    },
)
MARKED = record("", {"count": about(COUNT, "how many were not read before")})
AUDIT_EVENT = record(
    "AuditEvent",
    {
        "place": about(COUNT, "in the chain of seals; ask with `after`"),
        "id": WHOLE,
        "at": MOMENT,
        "actor": about(TEXT, "user name, service account, team:<slug> or system"),
        "verb": about(TEXT, "<noun>.<past participle>, e.g. product.published"),
        "object": record("AuditObject", {"kind": TEXT, "id": TEXT}),
        "detail": FREE,
        "request_id": about(TEXT, "the same in the logs"),
        "hash": about(TEXT, "SHA-256 over the hash before and this event, in hex"),
    },
)
AUDIT_PAGE = record(
    "",
    {
        "results": listed(AUDIT_EVENT),
        "position": about(COUNT, "read so far; `after` of the next call"),
        "next": maybe(URL, "more that is there now; null: nothing"),
    },
)
VERDICT = record(
    "AuditVerdict",
    {
        "intact": about(FLAG, "nothing that was sealed has changed"),
        "sealed": COUNT,
        "waiting": about(COUNT, "events that have no seal yet"),
        "anchors": about(COUNT, "heads told outside that the chain still has"),
        "head": about(TEXT, "hash of the last seal, in hex"),
        "faults": about(TEXTS, "the first of each kind"),
    },
)
