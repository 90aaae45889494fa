"""`decision-rules` and `delegations`: who decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request as Call
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from core.clock import parse_day
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, TEXT, whole_list_of
from core.problems import Problem
from core.rest import body_of, text_in
from provisioning.requests import selectors, services
from provisioning.requests.models import DecisionRule, Delegation
from provisioning.requests.rest import shapes
from provisioning.requests.selectors.back_testing import BackTest, Scope
from provisioning.requests.selectors.rules import (
    as_dict,
    find_scope,
    rule_rows,
    rules_for_lists,
)

SCOPE = {"type": "string", "description": "company, class:<slug>, domain:<path> or port:<fqn>"}
OUTCOME = {
    "type": "object",
    "properties": {
        "approve": {"type": "boolean"},
        "stages": {
            "type": "array",
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["side"],
                    "properties": {
                        "side": {
                            "type": "string",
                            "description": "owner, domain, steward, platform or team:<slug>",
                        },
                        "quorum": {"type": "integer", "minimum": 1, "maximum": 9},
                    },
                },
            },
        },
        "hours": {"type": "integer", "minimum": 1, "maximum": 720},
        "escalate": TEXT,
        "max_days": {"type": "integer", "minimum": 1, "maximum": 366},
    },
}
CONDITION = {"type": "string", "description": "CEL, at most 4 KB"}
RULE = {
    "type": "object",
    "required": ["name", "condition", "outcome"],
    "properties": {
        "name": TEXT,
        "scope": SCOPE,
        "condition": CONDITION,
        "outcome": OUTCOME,
        "position": {"type": "integer", "minimum": 1, "maximum": 999},
    },
}
TRIED = {**RULE, "required": ["condition", "outcome"]}  # a rule, whatever it is to be called
LENT = {
    "type": "object",
    "required": ["to", "until"],
    "properties": {
        "to": {"type": "string", "description": "a user name"},
        "since": {"type": "string", "format": "date"},
        "until": {"type": "string", "format": "date"},
        "note": TEXT,
    },
}


class Rules(APIView):
    """The rules that say who decides on requests for access."""

    @extend_schema(operation_id="decision_rules", responses={200: whole_list_of(shapes.RULE)})
    def get(self, request: Call) -> Response:
        """Those in force, by their place; at most 500."""
        rows = rule_rows(actor_in(request), rules_for_lists(actor_in(request)))
        return Response({"results": [as_dict(each) for each in rows], "next": None})

    @extend_schema(
        operation_id="decision_rule_create",
        parameters=[KEY],
        request={"application/json": RULE},
        responses={201: shapes.RULE},
    )
    @idempotent
    def post(self, request: Call) -> Response:
        """Write a rule; it is in force at once."""
        body = body_of(request)
        scope = find_scope(text_in(body, "scope"), actor_in(request))
        return Response(_save(request, body, scope, None), status=201)


class OneRule(APIView):
    """One rule."""

    @extend_schema(operation_id="decision_rule", responses={200: shapes.RULE_IN_FULL})
    def get(self, request: Call, pk: UUID) -> Response:
        """With its wordings, newest first."""
        found = _rule(request, pk)
        versions = [
            {
                "version": each.number,
                "condition": each.condition,
                "outcome": each.outcome,
                "changed_by": each.created_by,
                "changed_at": each.created_at.isoformat(),
            }
            for each in found.versions.all()
        ]
        return Response({**_shown(request, found), "versions": versions})

    @extend_schema(
        operation_id="decision_rule_change",
        parameters=[KEY],
        request={"application/json": RULE},
        responses={200: shapes.RULE},
    )
    @idempotent
    def put(self, request: Call, pk: UUID) -> Response:
        """Its next wording; the same again is none."""
        found = _rule(request, pk)
        return Response(_save(request, body_of(request), Scope(), found))


class RuleRetirement(APIView):
    """The end of a rule."""

    @extend_schema(
        parameters=[KEY],
        operation_id="decision_rule_retire",
        request=None,
        responses={200: shapes.RULE},
    )
    @idempotent
    def post(self, request: Call, pk: UUID) -> Response:
        """Ask it no more; what it has decided stays."""
        services.retire_rule(rule=_rule(request, pk), actor=actor_in(request))
        return Response(_shown(request, _rule(request, pk)))


class RuleTest(APIView):
    """A rule tried on the last requests that people decided."""

    @extend_schema(
        operation_id="decision_rule_test",
        request={"application/json": TRIED},
        responses={200: shapes.TRIED},
    )
    def post(self, request: Call) -> Response:
        """Nothing is kept. Counts, and those that the rule would have decided otherwise."""
        body = body_of(request)
        tried = services.try_rule(
            actor=actor_in(request),
            scope=find_scope(text_in(body, "scope") or "company", actor_in(request)),
            condition=text_in(body, "condition"),
            outcome=body.get("outcome"),
        )
        return Response(_tried(tried))


class Delegations(APIView):
    """Who decides while somebody is away."""

    @extend_schema(operation_id="delegations", responses={200: whole_list_of(shapes.DELEGATION)})
    def get(self, request: Call) -> Response:
        """The caller's own and those lent to them, now and later."""
        mine, lent = selectors.delegations_of(actor_in(request))
        rows = [selectors.delegation_as_dict(each) for each in [*mine, *lent]]
        return Response({"results": rows, "next": None})

    @extend_schema(
        operation_id="delegation_create",
        parameters=[KEY],
        request={"application/json": LENT},
        responses={201: shapes.DELEGATION},
    )
    @idempotent
    def post(self, request: Call) -> Response:
        """Name somebody; a day in `until` means its end, UTC."""
        body = body_of(request)
        made = services.delegate(
            actor=actor_in(request),
            to=text_in(body, "to"),
            since=parse_day(text_in(body, "since")),
            until=parse_day(text_in(body, "until")),
            note=text_in(body, "note"),
        )
        return Response(selectors.delegation_as_dict(made), status=201)


class OneDelegation(APIView):
    """The end of a delegation."""

    @extend_schema(
        parameters=[KEY], operation_id="delegation_end", request=None, responses={204: None}
    )
    @idempotent
    def delete(self, request: Call, pk: int) -> Response:
        """Decide oneself again, or give it back."""
        visible = Delegation.objects.visible_to(actor_in(request))
        found = visible.select_related("from_user", "to_user").filter(pk=pk).first()
        if found is None:
            raise NotFound("There is no such delegation.")
        services.end_delegation(delegation=found, actor=actor_in(request))
        return Response(status=204)


def _save(
    request: Call, body: Mapping[str, Any], scope: Scope, rule: DecisionRule | None
) -> dict[str, Any]:
    position = body.get("position", 100)
    if not isinstance(position, int) or isinstance(position, bool):
        problem = Problem("/position", "wrong-type", "Send a whole number.")
        raise Invalid("The rule cannot be saved like that.", [problem])
    version = services.save_rule(
        actor=actor_in(request),
        name=text_in(body, "name"),
        condition=text_in(body, "condition"),
        outcome=body.get("outcome"),
        scope=scope,
        position=position,
        rule=rule,
    )
    return _shown(request, version.rule)


def _shown(request: Call, rule: DecisionRule) -> dict[str, Any]:
    found = DecisionRule.objects.filter(pk=rule.pk).select_related(
        "domain", "port__product__owner", "port__product__domain"
    )
    return as_dict(rule_rows(actor_in(request), found)[0])


def _tried(found: BackTest) -> dict[str, Any]:
    return {
        "asked": found.asked,
        "approved": found.approved,
        "left": found.left,
        "passed_by": found.passed_by,
        "undecided": found.undecided,
        "too_long": found.too_long,
        "differing": [
            {
                "request": str(each.request.pk),
                "number": each.request.number,
                "by_people": each.by_people,
                "by_rule": each.by_rule,
            }
            for each in found.differing
        ],
        "words": found.words,
    }


def _rule(request: Call, pk: UUID) -> DecisionRule:
    visible = DecisionRule.objects.visible_to(actor_in(request))
    found = (
        visible.select_related("domain", "port__product__owner", "port__product__domain")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound("There is no such rule.")
    return found
