"""Rules that say who decides on requests for access, and the verbs on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import graphene
from django.db.models import QuerySet
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id
from accounts.graphql.types import Domain
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    one,
    one_row,
    page,
    page_from,
    paged,
    rows_of,
)
from core.graphql.mutations import attempt, attempt_on, payload
from core.ids import uuids_in
from core.paging import keyset_page
from provisioning.requests import services
from provisioning.requests.formats.outcome import Outcome, outcome_in_words, read_outcome
from provisioning.requests.graphql.batches import (
    RULE,
    RULE_ORDER,
    WORDING_ORDER,
    scope_in,
    wording_by_rule,
    wordings_by_rule,
)
from provisioning.requests.graphql.trying import DecisionRuleTest, tried_row
from provisioning.requests.models import DecisionRule as RuleModel
from provisioning.requests.selectors.rules import find_scope, scope_of

SCOPE = "company, class:<slug>, domain:<path> or port:<fqn>"
CONDITION = "CEL over the facts of a request, at most 4 KB; true where the rule holds."
PLACE = "1 to 999 among the rules of its part; the first that holds decides."


class DecisionSide(RowsType):
    """Somebody who has to agree: the owners of a team, or everybody of a role."""

    side = graphene.String(
        required=True,
        description="owner (of the product), domain (its owners), steward, platform or"
        " team:<slug>.",
    )
    quorum = graphene.Int(required=True, description="People of that side who have to agree.")


class DecisionStage(RowsType):
    """One step on the way to a decision; its sides decide side by side, all have to agree."""

    sides = graphene.List(
        graphene.NonNull(DecisionSide), required=True, description="1 to 5 of them."
    )


class DecisionRuleVersion(RowsType):
    """One wording of a rule, which stays as it was written."""

    version = graphene.Int(required=True, description="From 1; the highest is in force.")
    condition = graphene.String(required=True, description=CONDITION)
    approves = graphene.Boolean(
        required=True, description="Where it holds, access is given at once: nobody decides."
    )
    stages = graphene.List(
        graphene.NonNull(DecisionStage),
        required=True,
        description="Who has to agree, in turn; empty: it approves.",
    )
    hours = graphene.Int(description="A stage has to decide in; null: it approves.")
    escalation = graphene.String(
        description="Who decides too, once a stage is overdue, as a side; null: nobody."
    )
    max_days = graphene.Int(description="Access for longer is refused; null: no limit here.")
    words = graphene.String(required=True, description="What it says, in a sentence.")
    changed_by = graphene.String(required=True, description="User name of who wrote it.")
    changed_at = graphene.DateTime(required=True, description="When it was written.")

    @staticmethod
    def resolve_approves(row: Row, info: Any) -> bool:
        return _outcome(row).approves

    @staticmethod
    def resolve_stages(row: Row, info: Any) -> list[Row]:
        stages = _outcome(row).stages
        return rows_of({"sides": rows_of(map(vars, stage))} for stage in stages)

    @staticmethod
    def resolve_hours(row: Row, info: Any) -> int | None:
        return None if _outcome(row).approves else _outcome(row).hours

    @staticmethod
    def resolve_escalation(row: Row, info: Any) -> str | None:
        return None if _outcome(row).approves else _outcome(row).escalate or None

    @staticmethod
    def resolve_max_days(row: Row, info: Any) -> int | None:
        return _outcome(row).max_days

    @staticmethod
    def resolve_words(row: Row, info: Any) -> str:
        return outcome_in_words(_outcome(row))


WordingConnection = connection(DecisionRuleVersion)


class DecisionRule(RowsType):
    """Who decides on requests for access in one part of the company."""

    id = graphene.ID(required=True, description="As REST has it.")
    name = graphene.String(required=True, description="Requesters and deciders read it.")
    scope = graphene.String(required=True, description=f"The part it is for: {SCOPE}.")
    port = one(OutputPort, ports_by_id, key="port_id", description="Of a rule for one port.")
    domain = one(
        Domain, domains_by_id, key="domain_id", description="Of a rule for a domain and all below."
    )
    classification = graphene.String(description="Of a rule for a class: its slug.")
    position = graphene.Int(required=True, description=PLACE)
    wording = one(
        DecisionRuleVersion,
        wording_by_rule,
        key="id",
        required=True,
        description="What it says now.",
    )
    versions = page(
        WordingConnection,
        wordings_by_rule,
        order=WORDING_ORDER,
        description="All that it ever said, newest first.",
    )
    created_at = graphene.DateTime(required=True, description="When it was first written.")
    retired_at = graphene.DateTime(description="Since when it is asked no more.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_scope(row: Row, info: Any) -> str:
        return scope_in(row.values)

    @staticmethod
    def resolve_classification(row: Row, info: Any) -> str | None:
        return row.values["classification"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("requests:rule", kwargs={"pk": row.values["id"]})


DecisionRuleConnection = connection(DecisionRule)


class DecisionSideInput(graphene.InputObjectType):
    """Somebody who has to agree."""

    side = graphene.String(
        required=True, description="owner, domain, steward, platform or team:<slug>."
    )
    quorum = graphene.Int(description="People who have to agree, 1 to 9; 1 if nothing is said.")


class DecisionOutcomeInput(graphene.InputObjectType):
    """What follows where a rule holds: `approve: true`, or `stages`."""

    approve = graphene.Boolean(description="Access is given at once.")
    stages = graphene.List(
        graphene.NonNull(graphene.List(graphene.NonNull(DecisionSideInput))),
        description="Who has to agree: 1 to 5 steps in turn, of 1 to 5 sides each.",
    )
    hours = graphene.Int(description="A stage has to decide in, 1 to 720; 24 if nothing is said.")
    escalate = graphene.String(
        description="A side that decides too, once a stage is overdue; the stewards if nothing is"
        " said, an empty text: nobody."
    )
    max_days = graphene.Int(description="Access for longer is refused; 1 to 366.")


class Query(graphene.ObjectType):
    decision_rules = graphene.Field(
        DecisionRuleConnection,
        required=True,
        description="Rules in force that say who decides on requests for access, by their place.",
        **paged(),
    )
    decision_rule = graphene.Field(
        DecisionRule,
        description="One rule, in force or retired.",
        id=graphene.ID(required=True, description="Of the rule."),
    )

    @staticmethod
    def resolve_decision_rules(root: None, info: Any, first: int, after: str | None = None) -> Page:
        rows = RuleModel.objects.visible_to(info.context.actor).in_force().values(*RULE)
        return page_from(keyset_page(rows, order=RULE_ORDER, size=first, cursor=after), rows)

    @staticmethod
    def resolve_decision_rule(root: None, info: Any, id: str) -> Row | None:  # noqa: A002
        return next((_row(info.context.actor, pk) for pk in uuids_in(id)), None)


CreateRule = payload("CreateDecisionRulePayload", "rule", DecisionRule)
ChangeRule = payload("ChangeDecisionRulePayload", "rule", DecisionRule)
RetireRule = payload("RetireDecisionRulePayload", "rule", DecisionRule)
TestRule = payload("TestDecisionRulePayload", "result", DecisionRuleTest)


class Mutation(graphene.ObjectType):
    create_decision_rule = graphene.Field(
        CreateRule,
        required=True,
        description="Write a rule; it is in force at once. Try it first with testDecisionRule.",
        name=graphene.String(required=True, description="How people will know it."),
        scope=graphene.String(required=True, description=SCOPE),
        condition=graphene.String(required=True, description=CONDITION),
        outcome=DecisionOutcomeInput(required=True, description="What follows."),
        position=graphene.Int(required=True, default_value=100, description=PLACE),
    )
    change_decision_rule = graphene.Field(
        ChangeRule,
        required=True,
        description="Its next wording, in force at once; its part of the company stays.",
        id=graphene.ID(required=True, description="Of the rule."),
        name=graphene.String(required=True, description="How people will know it."),
        condition=graphene.String(required=True, description=CONDITION),
        outcome=DecisionOutcomeInput(required=True, description="What follows."),
        position=graphene.Int(description=f"{PLACE} Stays if nothing is said."),
    )
    retire_decision_rule = graphene.Field(
        RetireRule,
        required=True,
        description="Ask it no more; what it has decided stays as it is.",
        id=graphene.ID(required=True, description="Of the rule."),
    )
    test_decision_rule = graphene.Field(
        TestRule,
        required=True,
        description="What a rule would have made of requests that people decided; saves nothing.",
        scope=graphene.String(required=True, default_value="company", description=SCOPE),
        condition=graphene.String(required=True, description=CONDITION),
        outcome=DecisionOutcomeInput(required=True, description="What follows."),
    )

    @staticmethod
    def resolve_create_decision_rule(
        root: None, info: Any, scope: str, outcome: Any, **given: Any
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            part = find_scope(scope, actor)
            made = services.save_rule(actor=actor, scope=part, outcome=_document(outcome), **given)
            return _row(actor, made.rule_id)

        return attempt("rule", verb)

    @staticmethod
    def resolve_change_decision_rule(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        outcome: Any,
        position: int | None = None,
        **given: Any,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(rule: RuleModel) -> Row | None:
            place = rule.position if position is None else position
            services.save_rule(
                actor=actor,
                rule=rule,
                scope=scope_of(rule),
                outcome=_document(outcome),
                position=place,
                **given,
            )
            return _row(actor, rule.pk)

        return attempt_on("rule", _named(actor, id), verb)

    @staticmethod
    def resolve_retire_decision_rule(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(rule: RuleModel) -> Row | None:
            services.retire_rule(rule=rule, actor=actor)
            return _row(actor, rule.pk)

        return attempt_on("rule", _named(actor, id), verb)

    @staticmethod
    def resolve_test_decision_rule(
        root: None, info: Any, scope: str, condition: str, outcome: Any
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            part = find_scope(scope, actor)
            return tried_row(
                services.try_rule(
                    actor=actor, scope=part, condition=condition, outcome=_document(outcome)
                )
            )

        return attempt("result", verb)


def _row(actor: Actor, pk: UUID) -> Row | None:
    """The rule of this id, if `actor` may know it."""
    return one_row(RuleModel.objects.visible_to(actor).filter(pk=pk).values(*RULE).first())


def _named(actor: Actor, given: str) -> QuerySet[RuleModel]:
    visible = RuleModel.objects.visible_to(actor)
    named = visible.select_related("domain", "port__product__owner", "port__product__domain")
    return named.filter(pk__in=uuids_in(given))


def _outcome(row: Row) -> Outcome:
    return read_outcome(row.values["outcome"])[0]


def _document(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The outcome as REST takes it; what is null counts as not said."""
    said = _said(outcome)
    if "stages" in said:
        said["stages"] = [[_said(side) for side in stage] for stage in said["stages"]]
    return said


def _said(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
