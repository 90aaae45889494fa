"""Grants: who may read what until when, and what happened to it. Credentials never stand here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    load,
    one,
    one_row,
    page,
    page_from,
    paged,
    rows_of,
)
from core.graphql.mutations import JSON
from core.ids import uuids_in
from core.paging import keyset_page
from provisioning.access.formats.narrow import narrow_in_words
from provisioning.access.graphql.batches import (
    CONSUMERS,
    EXTENSION_ORDER,
    GRANT,
    STORY_ORDER,
    asked_by_grant,
    extensions_by_grant,
    grants_by_id,
    story_by_grant,
    use_by_grant,
)
from provisioning.access.models import Grant as GrantModel
from provisioning.access.selectors import consumer_fields, find_consumer
from provisioning.access.states import AccessMode, ExtensionState, GrantState
from provisioning.requests.graphql.batches import requests_by_id
from provisioning.requests.graphql.types import Request

GrantStateEnum = enum_of("GrantState", GrantState, "How far a grant has come.")
AccessModeEnum = enum_of("AccessMode", AccessMode, "What a grant allows.")
ExtensionStateEnum = enum_of(
    "ExtensionState", ExtensionState, "Whether the target knows an agreed later end yet."
)


class RowCondition(RowsType):
    """A condition that every row has to fulfil that the consumer reads."""

    column = graphene.String(required=True, description="As the contract names it.")
    operator = graphene.String(
        required=True, description="equals, not-equals, less, at-most, in, is-null ..."
    )
    values = graphene.Field(JSON, required=True, description="What it is compared with; a list.")


class NarrowedObject(RowsType):
    """An object of the contract of which the consumer reads less than everything."""

    object = graphene.String(required=True, description="As the contract names it.")
    columns = graphene.List(
        graphene.NonNull(graphene.String),
        description="Only these are read; null: all of them.",
    )
    conditions = graphene.List(
        graphene.NonNull(RowCondition),
        required=True,
        description="All have to hold, 20 at most; empty: every row.",
    )


class GrantExtension(RowsType):
    """An agreed later end of a grant."""

    id = graphene.ID(required=True, description="Of this extension.")
    request = one(
        Request, requests_by_id, key="request_id", description="With which it was asked for."
    )
    asked_at = graphene.DateTime(required=True, description="When it was asked for.")
    asked_by = one(
        Person, people_by_id, key="asked_by_id", required=True, description="Who asked for it."
    )
    before = graphene.DateTime(required=True, description="The end as it was.")
    until = graphene.DateTime(required=True, description="The later end.")
    state = ExtensionStateEnum(required=True, description="Whether it is in force.")
    created_at = graphene.DateTime(required=True, description="When it was agreed.")
    settled_at = graphene.DateTime(description="In force, or failed, since.")


class StoryLine(RowsType):
    """One thing that happened to a grant, as the audit log has it."""

    id = graphene.ID(required=True, description="Of the event in the audit log.")
    at = graphene.DateTime(required=True, description="When it happened.")
    event = graphene.String(required=True, description="The verb of the audit log, a stable name.")
    words = graphene.String(required=True, description="The same in people's words.")
    actor = graphene.String(description="Who did it; null: the portal by itself.")
    note = graphene.String(description="What was said to it, or until when.")
    url = graphene.String(description="Where more of it stands, below the portal's address.")

    @staticmethod
    def resolve_actor(row: Row, info: Any) -> str | None:
        return row.values["actor"] or None

    @staticmethod
    def resolve_note(row: Row, info: Any) -> str | None:
        return row.values["note"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str | None:
        return row.values["url"] or None


ExtensionConnection = connection(GrantExtension)
StoryConnection = connection(StoryLine)


class Grant(RowsType):
    """A consumer may read a port, or write it too, for a purpose until a date."""

    id = graphene.ID(required=True, description="As REST has it.")
    state = GrantStateEnum(required=True, description="Whether it is in force.")
    port = one(OutputPort, ports_by_id, key="port_id", description="What is read.")
    request = one(
        Request, requests_by_id, key="request_id", description="With which it was asked for."
    )
    consumer = graphene.String(
        required=True, description="team:<slug>, user:<name> or product:<fqn>"
    )
    mode = AccessModeEnum(required=True, description="WRITE includes reading.")
    purpose = graphene.String(required=True, description="What the data is read for.")
    legal_basis = graphene.String(description="Article 6(1) GDPR, where it was asked for.")
    narrow = graphene.Field(JSON, description="{object: {columns, rows}}; empty: everything.")
    narrowing = graphene.Field(
        graphene.NonNull(graphene.List(graphene.NonNull(NarrowedObject))),
        description="The same by object; an object that is not here is read as a whole.",
        first=graphene.Int(required=True, default_value=20, description="At most, 1 to 200."),
    )
    narrow_words = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="The same in people's words, a line for each thing; empty: everything.",
    )
    identity = graphene.String(description="Of the reader in the target, where it was asked for.")
    starts_at = graphene.DateTime(required=True, description="In force since.")
    until = graphene.DateTime(required=True, description="The end, unless it is made longer.")
    extensions = page(
        ExtensionConnection,
        extensions_by_grant,
        order=EXTENSION_ORDER,
        description="Later ends that were agreed, newest first.",
    )
    extension_asked = one(
        Request,
        asked_by_grant,
        key="id",
        description="More time that was asked for and that nobody has decided yet.",
    )
    last_seen_at = graphene.DateTime(
        description="When any login of it was last seen connected; null: never."
    )
    reminded_days = graphene.Int(
        description="So many days before the end its people were last told of it; null: not yet."
    )
    story = page(
        StoryConnection,
        story_by_grant,
        order=STORY_ORDER,
        default=50,
        description="What was asked, decided and done, oldest first.",
    )
    ended_at = graphene.DateTime(description="When it was ended or ran out.")
    ended_by = graphene.String(description="User name of who ended it.")
    end_reason = graphene.String(description="Why.")
    removed_at = graphene.DateTime(description="When it was verified gone from the target.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_consumer(row: Row, info: Any) -> str:
        return next(
            f"{kind}:{row.values[column]}"
            for kind, column in CONSUMERS.items()
            if row.values[column] is not None
        )

    @staticmethod
    def resolve_legal_basis(row: Row, info: Any) -> str | None:
        return row.values["legal_basis"] or None

    @staticmethod
    def resolve_narrowing(row: Row, info: Any, first: int) -> list[Row]:
        narrow = sorted(row.values["narrow"].items())
        return rows_of(
            {
                "object": name,
                "columns": each.get("columns"),
                "conditions": rows_of({"values": [], **one} for one in each.get("rows", ())),
            }
            for name, each in narrow[:first]
        )

    @staticmethod
    def resolve_narrow_words(row: Row, info: Any) -> list[str]:
        return narrow_in_words(row.values["narrow"])

    @staticmethod
    def resolve_last_seen_at(row: Row, info: Any) -> Any:
        found = load(row, use_by_grant, info)
        return found.values["at"] if found else None

    @staticmethod
    def resolve_ended_by(row: Row, info: Any) -> str | None:
        return row.values["ended_by"] or None

    @staticmethod
    def resolve_identity(row: Row, info: Any) -> str | None:
        return row.values["identity"] or None

    @staticmethod
    def resolve_end_reason(row: Row, info: Any) -> str | None:
        return row.values["end_reason"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("access:grant", kwargs={"pk": row.values["id"]})


GrantConnection = connection(Grant, counted=True)


class Query(graphene.ObjectType):
    grant = graphene.Field(
        Grant,
        description="One grant.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    grants = graphene.Field(
        GrantConnection,
        required=True,
        description="Grants that the caller may see, newest first.",
        **paged(),
        port=graphene.String(description="fqn"),
        consumer=graphene.String(description="team:<slug>, user:<name> or product:<fqn>"),
        state=graphene.List(
            graphene.NonNull(GrantStateEnum), description="How it stands; none: all."
        ),
        held=graphene.Boolean(description="true: only those through which the caller may read."),
    )

    @staticmethod
    def resolve_grant(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return next((grant_row(info.context.actor, pk) for pk in uuids_in(id)), None)

    @staticmethod
    def resolve_grants(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        port: str | None = None,
        consumer: str | None = None,
        state: Sequence[Any] | None = None,
        held: bool | None = None,
    ) -> Page:
        actor: Actor = info.context.actor
        grants = GrantModel.objects.visible_to(actor)
        if port:
            grants = grants.filter(port__fqn=port)
        if consumer:
            reader = find_consumer(consumer)
            grants = grants.filter(**consumer_fields(reader)) if reader else grants.none()
        if state:
            grants = grants.filter(state__in=[each.value for each in state])
        if held:
            grants = grants.held_by(actor)
        rows = grants.values(*GRANT)
        return page_from(keyset_page(rows, order=["-id"], size=first, cursor=after), rows)


def grant_row(actor: Actor, pk: UUID) -> Row | None:
    """The grant of this id, if `actor` may see it."""
    return one_row(grants_by_id(actor, [pk]).get(pk))
