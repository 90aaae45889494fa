"""What the answers about requests, decisions and rules look like, for the OpenAPI document."""

from __future__ import annotations

from core.openapi import (
    COUNT,
    FREE,
    MOMENT,
    TEXT,
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
from provisioning.requests.states import ApprovalState, RequestKind, RequestState

_SIDE = {
    "stage": about(COUNT, "stages decide in turn"),
    "round": about(COUNT, "asked anew when the request changes"),
    "side": about(TEXT, "slug of a team, or a role"),
    "quorum": about(COUNT, "how many of the side have to agree"),
    "state": one_of(ApprovalState.values),
    "due_at": maybe(MOMENT),
    "escalated_at": maybe(MOMENT),
}
SIDE = record("Approval", _SIDE, description="One side that has to agree")
REQUEST = record(
    "Request",
    {
        "id": UUID,
        "number": WHOLE,
        "kind": one_of(RequestKind.values),
        "title": TEXT,
        "state": one_of(RequestState.values),
        "waiting_for": maybe(TEXT, "who decides now"),
        "approvals": listed(SIDE),
        "reason": about(TEXT, "why it waits, or went wrong"),
        "purpose": TEXT,
        "requester": about(TEXT, "user name"),
        "team": maybe(TEXT, "slug of the team that asks"),
        "subject": about(FREE, "what it is about, as it was when it was asked"),
        "parameters": about(FREE, "what was asked for"),
        "operation": maybe(UUID, "the job that does it: `GET operations/{id}`"),
        "grant": maybe(UUID, "the access that it made"),
        "product": maybe(TEXT, "fqn"),
        "instance": about(UUID, "of a service: what it makes or changes"),
        "created_at": MOMENT,
        "decided_at": maybe(MOMENT),
        "finished_at": maybe(MOMENT),
    },
    optional=("instance",),
)
WAITING_SIDE = record(
    "WaitingApproval",
    {
        "id": WHOLE,
        **_SIDE,
        "opened_at": maybe(MOMENT),
        "why": about(TEXT, "why it is yours to decide"),
        "request": REQUEST,
    },
)
DECIDED = record(
    "",
    {
        "results": listed(
            record(
                "DecidedRequest",
                {
                    "request": about(TEXT, "the id, as it was sent"),
                    "state": maybe(one_of(RequestState.values), "null: there is no such request"),
                    "problem": maybe(FREE, "why it was not decided, as a problem document"),
                },
            )
        )
    },
)
FACTS = record(
    "RequestFacts",
    {
        "facts": listed(record("Fact", {"label": TEXT, "value": TEXT, "url": maybe(URL)})),
        "approve_label": about(TEXT, "what approving does, in words"),
    },
)
EVENT = record(
    "RequestEvent",
    {
        "name": TEXT,
        "state": about(TEXT, "done, run, fail, or wait: not begun"),
        "note": TEXT,
        "at": maybe(MOMENT),
    },
)
_WORDING = {"condition": about(TEXT, "CEL"), "outcome": about(FREE, "what it decides")}
RULE = record(
    "DecisionRule",
    {
        "id": UUID,
        "name": TEXT,
        "scope": about(TEXT, "company, class:<slug>, domain:<path> or port:<fqn>"),
        "position": about(WHOLE, "the lower is asked first"),
        **_WORDING,
        "version": COUNT,
        "changed_by": TEXT,
        "changed_at": MOMENT,
        "retired_at": maybe(MOMENT),
    },
)
RULE_IN_FULL = extended(
    "DecisionRuleInFull",
    RULE,
    {
        "versions": listed(
            record(
                "DecisionRuleVersion",
                {"version": COUNT, **_WORDING, "changed_by": TEXT, "changed_at": MOMENT},
            )
        )
    },
)
TRIED = record(
    "RuleTest",
    {
        "asked": about(COUNT, "past requests that it was tried on"),
        "approved": COUNT,
        "left": about(COUNT, "left to people"),
        "passed_by": about(COUNT, "its condition does not hold"),
        "undecided": about(COUNT, "it could not be evaluated"),
        "too_long": COUNT,
        "differing": listed(
            record(
                "DifferingDecision",
                {"request": UUID, "number": WHOLE, "by_people": TEXT, "by_rule": TEXT},
            )
        ),
        "words": TEXT,
    },
)
DELEGATION = record(
    "Delegation",
    {
        "id": WHOLE,
        "from": about(TEXT, "user name"),
        "to": about(TEXT, "user name"),
        "starts_at": MOMENT,
        "ends_at": MOMENT,
        "note": TEXT,
    },
)
