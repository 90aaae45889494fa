"""What the consumers of grants say to announced changes that break what they read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import graphene

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    extend,
    one,
    one_row,
    page,
    page_from,
    paged,
)
from core.graphql.mutations import attempt, payload
from core.ids import numbers_in
from core.paging import keyset_page
from provisioning.access.graphql.batches import grants_by_id
from provisioning.access.graphql.types import Grant
from provisioning.consent import services
from provisioning.consent.graphql.batches import CONSENT, CONSENT_ORDER, consents_by_grant
from provisioning.consent.models import Consent as ConsentModel
from provisioning.consent.selectors import MAX_HOLD
from provisioning.consent.services import AnswerData
from provisioning.consent.states import Answer, ConsentState

ConsentStateEnum = enum_of("ConsentState", ConsentState, "What the consumer says to a change.")
ConsentAnswerEnum = enum_of("ConsentAnswer", Answer, "What a consumer may answer.")


class Consent(RowsType):
    """A question to the consumer of a grant: may its port move to a version that breaks it?"""

    id = graphene.ID(required=True, description="As REST has it.")
    grant = one(Grant, grants_by_id, key="grant_id", description="Through which it is read.")
    state = ConsentStateEnum(required=True, description="What the consumer says.")
    to_version = graphene.String(
        required=True, description="Version of the contract to which the port moves."
    )
    on = graphene.Date(required=True, description="The announced day of the move.")
    latest = graphene.Date(
        required=True, description="After this day the port moves, whatever was answered."
    )
    wants_until = graphene.Date(
        description="Of an answer that asks for time: the move may come after this day."
    )
    note = graphene.String(description="What stands in the way.")
    answered_by = one(Person, people_by_id, key="answered_by_id", description="Who answered.")
    answered_at = graphene.DateTime(description="When it was answered last.")
    overruled_by = graphene.String(
        description="User name of the owner who goes on in spite of the answer."
    )
    overruled_why = graphene.String(description="Why the owner goes on.")
    created_at = graphene.DateTime(required=True, description="When it was first asked.")

    @staticmethod
    def resolve_to_version(row: Row, info: Any) -> str:
        return str(row.values["version__version"])

    @staticmethod
    def resolve_latest(row: Row, info: Any) -> dt.date:
        on: dt.date = row.values["on"]
        return on + MAX_HOLD

    @staticmethod
    def resolve_note(row: Row, info: Any) -> str | None:
        return row.values["note"] or None

    @staticmethod
    def resolve_overruled_by(row: Row, info: Any) -> str | None:
        return row.values["overruled_by"] or None

    @staticmethod
    def resolve_overruled_why(row: Row, info: Any) -> str | None:
        return row.values["overruled_why"] or None


ConsentConnection = connection(Consent)


class Query(graphene.ObjectType):
    consents = graphene.Field(
        ConsentConnection,
        required=True,
        description="What the consumers of grants that the caller may see say to announced"
        " changes, newest first.",
        **paged(),
        port=graphene.String(description="fqn"),
        state=graphene.List(
            graphene.NonNull(ConsentStateEnum), description="How it stands; none: all."
        ),
        to_answer=graphene.Boolean(
            description="true: only what waits for an answer that the caller may give."
        ),
    )

    @staticmethod
    def resolve_consents(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        port: str | None = None,
        state: Sequence[Any] | None = None,
        to_answer: bool | None = None,
    ) -> Page:
        actor: Actor = info.context.actor
        found = ConsentModel.objects.visible_to(actor)
        if port:
            found = found.filter(grant__port__fqn=port)
        if state:
            found = found.filter(state__in=[each.value for each in state])
        if to_answer:
            found = found.to_answer_by(actor)
        rows = found.values(*CONSENT)
        return page_from(keyset_page(rows, order=CONSENT_ORDER, size=first, cursor=after), rows)


AnswerConsent = payload("AnswerConsentPayload", "consent", Consent)
OverruleConsent = payload("OverruleConsentPayload", "consent", Consent)


class Mutation(graphene.ObjectType):
    answer_consent = graphene.Field(
        AnswerConsent,
        required=True,
        description="Accept a change, ask for time, or block it; an answer may be changed until"
        " the day.",
        id=graphene.ID(required=True, description="Of the consent."),
        answer=ConsentAnswerEnum(required=True, description="What the reader says."),
        until=graphene.Date(description="Of TIME: the move may come after this day."),
        note=graphene.String(description="What stands in the way; needed unless it is accepted."),
    )
    overrule_consent = graphene.Field(
        OverruleConsent,
        required=True,
        description="The owner goes on in spite of an answer; the consumer is told why.",
        id=graphene.ID(required=True, description="Of the consent."),
        note=graphene.String(required=True, description="Why."),
    )

    @staticmethod
    def resolve_answer_consent(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        answer: Any,
        until: dt.date | None = None,
        note: str | None = None,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            consent = _found(actor, id)
            if consent is None:
                return None
            data = AnswerData(answer=answer.value, until=until, note=note or "")
            services.answer_consent(data, consent=consent, actor=actor)
            return _row(actor, consent.pk)

        return attempt("consent", verb)

    @staticmethod
    def resolve_overrule_consent(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        note: str,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            consent = _found(actor, id)
            if consent is None:
                return None
            services.overrule_consent(consent=consent, note=note, actor=actor)
            return _row(actor, consent.pk)

        return attempt("consent", verb)


def register() -> None:
    """Add `consents` to the grant, a type of a lower room."""
    extend(
        "Grant",
        "consents",
        page(
            ConsentConnection,
            consents_by_grant,
            order=CONSENT_ORDER,
            description="What its consumer says to announced changes that break it, newest first.",
        ),
    )


def _row(actor: Actor, pk: int) -> Row | None:
    """The consent of this id, if `actor` may see it."""
    return one_row(ConsentModel.objects.visible_to(actor).filter(pk=pk).values(*CONSENT).first())


def _found(actor: Actor, given: str) -> ConsentModel | None:
    visible = ConsentModel.objects.visible_to(actor).for_lists()
    named = visible.select_related("grant__port__product__domain")
    return named.filter(pk__in=numbers_in(given)).first()
