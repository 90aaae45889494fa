"""What the answers about policies, terms and classes look like, for the OpenAPI document."""

from __future__ import annotations

from catalog.governance.states import PolicyState, Severity
from core.openapi import (
    COUNT,
    DAY,
    FLAG,
    MOMENT,
    TEXT,
    TEXTS,
    URL,
    UUID,
    WHOLE,
    about,
    extended,
    listed,
    maybe,
    one_of,
    record,
)

STATE = one_of(PolicyState.values)
POLICY_VERSION = record(
    "PolicyVersion",
    {
        "number": COUNT,
        "state": STATE,
        "rule": about(TEXT, "CEL"),
        "words": about(TEXT, "the rule in people's words"),
        "mend": about(TEXT, "what to do where it is not kept"),
        "severity": one_of(Severity.values),
        "grace_until": maybe(DAY, "until its end it only warns"),
        "created_at": MOMENT,
        "created_by": TEXT,
    },
)
POLICY = record(
    "Policy",
    {
        "slug": TEXT,
        "name": TEXT,
        "subject": one_of(["product", "contract"]),
        "domain": maybe(TEXT, "path; null: the whole company"),
        "owner": about(TEXT, "slug of a team"),
        "state": STATE,
        "version": POLICY_VERSION,
        "draft": maybe(POLICY_VERSION, "what it may become"),
        "failing": about(COUNT, "published things that you may see and that do not keep it"),
        "undecided": about(COUNT, "those for which it could not be evaluated"),
        "url": URL,
    },
)
POLICY_IN_FULL = extended("PolicyInFull", POLICY, {"versions": listed(POLICY_VERSION)})
TERM = record(
    "Term",
    {
        "id": UUID,
        "slug": TEXT,
        "name": TEXT,
        "definition": about(TEXT, "Markdown"),
        "synonyms": TEXTS,
        "domain": maybe(TEXT, "path; null: the whole company"),
        "owner": about(TEXT, "slug of a team"),
        "url": URL,
        "updated_at": MOMENT,
    },
)
LEVEL = record(
    "Classification",
    {
        "slug": TEXT,
        "name": TEXT,
        "rank": about(WHOLE, "the higher, the more sensitive"),
        "meaning": TEXT,
        "is_active": FLAG,
        "needs_legal_basis": about(FLAG, "who asks for access says on which ground"),
    },
)
