"""Asking for access, for more time or for something else, and ending it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import graphene
from django.db.models import QuerySet

from accounts.actors import Actor
from catalog.products.graphql.batches import ports_by_id
from catalog.products.graphql.types import OutputPort
from core.errors import NotFound
from core.graphql import Row, one_row
from core.graphql.mutations import JSON, attempt, attempt_on, payload
from core.ids import uuids_in
from provisioning.access import services
from provisioning.access.graphql.types import AccessModeEnum, Grant, grant_row
from provisioning.access.models import Grant as GrantModel
from provisioning.requests.graphql.types import Request, on_request, request_row
from provisioning.requests.models import Request as RequestModel
from provisioning.requests.states import RequestKind

RequestAccess = payload("RequestAccessPayload", "request", Request)
ExtendAccess = payload("ExtendAccessPayload", "request", Request)
AmendAccess = payload("AmendAccessPayload", "request", Request)
RevokeAccess = payload("RevokeAccessPayload", "grant", Grant)
OfferWrites = payload("OfferWritesPayload", "output_port", OutputPort)


class Mutation(graphene.ObjectType):
    request_access = graphene.Field(
        RequestAccess,
        required=True,
        description="Ask to read a port until the end of a day; rules say who decides.",
        port=graphene.String(required=True, description="fqn"),
        consumer=graphene.String(
            required=True, description="team:<slug>, user:<name> or product:<fqn>"
        ),
        purpose=graphene.String(required=True, description="What the data is for."),
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

        def verb() -> Row | None:
            asked = services.request_access(services.AccessData(**_plain(given)), actor=actor)
            return request_row(actor, asked.pk)

        return attempt("request", verb)

    extend_access = graphene.Field(
        ExtendAccess,
        required=True,
        description="Ask that a running grant ends on a later day; decided like a new request.",
        grant=graphene.ID(required=True, description="Its id."),
        until=graphene.Date(required=True, description="The new last day, UTC."),
        purpose=graphene.String(description="The grant's own, if nothing is said."),
    )

    @staticmethod
    def resolve_extend_access(
        root: None, info: Any, grant: str, until: dt.date, purpose: str = ""
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: GrantModel) -> Row | None:
            asked = services.request_extension(
                grant=found, purpose=purpose or found.purpose, until=until, actor=actor
            )
            return request_row(actor, asked.pk)

        return attempt_on("request", _named(actor, grant), verb)

    amend_access = graphene.Field(
        AmendAccess,
        required=True,
        description="Ask for something else than before, while a request for access waits; what is"
        " not said stays, and everybody is asked again. Of a request for more time only purpose"
        " and day change.",
        request=graphene.ID(required=True, description="Its id."),
        consumer=graphene.String(description="team:<slug>, user:<name> or product:<fqn>"),
        purpose=graphene.String(description="What the data is for."),
        until=graphene.Date(description="The last day, UTC."),
        legal_basis=graphene.String(description="Where the class of the port needs one."),
        narrow=graphene.Argument(JSON, description="{object: {columns, rows}}; {} is everything."),
        mode=graphene.Argument(AccessModeEnum, description="WRITE where the port takes it."),
        identity=graphene.String(
            description="What the reader is called in the target, where the port asks for it."
        ),
    )

    @staticmethod
    def resolve_amend_access(
        root: None, info: Any, request: str, **given: Any
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        said = _plain(given)

        def verb(asked: RequestModel) -> RequestModel:
            if asked.kind != RequestKind.ACCESS:
                raise NotFound()
            data = replace(services.data_of(asked), **said)
            return services.amend_access(data, request=asked, actor=actor)

        return attempt("request", lambda: on_request(actor, request, verb))

    revoke_access = graphene.Field(
        RevokeAccess,
        required=True,
        description="End a grant at once; `removedAt` says when it is verified gone.",
        grant=graphene.ID(required=True, description="Its id."),
        reason=graphene.String(description="The other side reads it."),
    )

    @staticmethod
    def resolve_revoke_access(
        root: None, info: Any, grant: str, reason: str | None = None
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(found: GrantModel) -> Row | None:
            services.revoke_grant(grant=found, actor=actor, reason=reason or "")
            return grant_row(actor, found.pk)

        return attempt_on("grant", _named(actor, grant), verb)

    offer_writes = graphene.Field(
        OfferWrites,
        required=True,
        description="Let others ask to write into a port of one's team, or not any more; access"
        " that was given stays.",
        port=graphene.String(required=True, description="fqn"),
        offered=graphene.Boolean(required=True, description="False: not any more."),
    )

    @staticmethod
    def resolve_offer_writes(root: None, info: Any, port: str, offered: bool) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            found = services.find_port(port, actor)
            services.offer_writes(port=found, offered=offered, actor=actor)
            return one_row(ports_by_id(actor, [found.pk]).get(found.pk))

        return attempt("output_port", verb)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, with the value of an enum in its place."""
    said = {name: value for name, value in given.items() if value is not None}
    if "mode" in said:
        said["mode"] = said["mode"].value
    return said


def _named(actor: Actor, given: str) -> QuerySet[GrantModel]:
    visible = GrantModel.objects.visible_to(actor).for_lists()
    return visible.filter(pk__in=uuids_in(given))
