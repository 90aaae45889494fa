"""Grants, and asking for one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import graphene
from django.urls import reverse

from accounts.actors import Actor
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from core.graphql import Page, Row, RowsType, connection, enum_of, one, page_from
from core.graphql.mutations import JSON, attempt, payload
from core.ids import uuids_in
from core.paging import keyset_page
from provisioning.access import services
from provisioning.access.graphql.batches import CONSUMERS, GRANT
from provisioning.access.models import Grant as GrantModel
from provisioning.access.selectors import consumer_fields, find_consumer
from provisioning.access.states import AccessMode, GrantState
from provisioning.requests.graphql.batches import requests_by_id
from provisioning.requests.graphql.types import Request, request_row

GrantStateEnum = enum_of("GrantState", GrantState)
AccessModeEnum = enum_of("AccessMode", AccessMode)


class Grant(RowsType):
    """A consumer may read a port, or write it too, for a purpose until a date."""

    id = graphene.ID(required=True)
    state = GrantStateEnum(required=True)
    port = one(OutputPort, ports_by_id, key="port_id")
    request = one(Request, requests_by_id, key="request_id")
    consumer = graphene.String(
        required=True, description="team:<slug>, user:<name> or product:<fqn>"
    )
    mode = AccessModeEnum(required=True, description="WRITE includes reading.")
    purpose = graphene.String(required=True)
    legal_basis = graphene.String(description="Article 6(1) GDPR, where it was asked for.")
    narrow = graphene.Field(JSON, description="{object: {columns, rows}}; empty: everything.")
    identity = graphene.String(description="Of the reader in the target, where it was asked for.")
    starts_at = graphene.DateTime(required=True)
    until = graphene.DateTime(required=True)
    ended_at = graphene.DateTime()
    end_reason = graphene.String()
    removed_at = graphene.DateTime(description="When it was verified gone from the target.")
    url = graphene.String(required=True)

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
    grants = graphene.Field(
        GrantConnection,
        required=True,
        first=graphene.Int(required=True),
        after=graphene.String(),
        port=graphene.String(description="fqn"),
        consumer=graphene.String(description="team:<slug>, user:<name> or product:<fqn>"),
        state=graphene.List(graphene.NonNull(GrantStateEnum)),
    )

    @staticmethod
    def resolve_grants(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        port: str | None = None,
        consumer: str | None = None,
        state: Sequence[Any] | None = None,
    ) -> Page:
        grants = GrantModel.objects.visible_to(info.context.actor)
        if port:
            grants = grants.filter(port__fqn=port)
        if consumer:
            reader = find_consumer(consumer)
            grants = grants.filter(**consumer_fields(reader)) if reader else grants.none()
        if state:
            grants = grants.filter(state__in=[each.value for each in state])
        rows = grants.values(*GRANT)
        return page_from(keyset_page(rows, order=["-id"], size=first, cursor=after), rows)


RequestAccess = payload("RequestAccessPayload", "request", Request)
ExtendAccess = payload("ExtendAccessPayload", "request", Request)


class Mutation(graphene.ObjectType):
    request_access = graphene.Field(
        RequestAccess,
        required=True,
        port=graphene.String(required=True, description="fqn"),
        consumer=graphene.String(
            required=True, description="team:<slug>, user:<name> or product:<fqn>"
        ),
        purpose=graphene.String(required=True),
        until=graphene.Date(required=True, description="The last day, UTC."),
        legal_basis=graphene.String(description="Where the class of the port needs one."),
        narrow=graphene.Argument(
            JSON, description="{object: {columns, rows}}: less than everything."
        ),
        mode=graphene.Argument(
            AccessModeEnum, description="READ, if nothing is said. WRITE where the port takes it."
        ),
        identity=graphene.String(
            description="What the reader is called in the target, where the port asks for it."
        ),
    )

    @staticmethod
    def resolve_request_access(root: None, info: Any, **given: Any) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        if given.get("mode") is not None:
            given["mode"] = given["mode"].value

        def verb() -> Row | None:
            asked = services.request_access(services.AccessData(**given), actor=actor)
            return request_row(actor, asked.pk)

        return attempt("request", verb)

    extend_access = graphene.Field(
        ExtendAccess,
        required=True,
        description="Ask that a running grant ends on a later day; decided like a new request.",
        grant=graphene.ID(required=True),
        until=graphene.Date(required=True, description="The new last day, UTC."),
        purpose=graphene.String(description="The grant's own, if nothing is said."),
    )

    @staticmethod
    def resolve_extend_access(
        root: None, info: Any, grant: str, until: dt.date, purpose: str = ""
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            visible = GrantModel.objects.visible_to(actor).for_lists()
            found = visible.filter(pk__in=uuids_in(grant)).first()
            if found is None:
                return None
            asked = services.request_extension(
                grant=found, purpose=purpose or found.purpose, until=until, actor=actor
            )
            return request_row(actor, asked.pk)

        return attempt("request", verb)
