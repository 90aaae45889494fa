"""Queries that are registered under their hash, and the documents that were read lately."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene
from graphql import OperationDefinitionNode, OperationType

from accounts.actors import Actor
from core.errors import Invalid, NotFound
from core.graphql import Page, Row, RowsType, connection, listed, one_row, page_from
from core.graphql.execution import BadRequest, Documents
from core.graphql.mutations import attempt, payload
from core.models import PersistedQuery as PersistedQueryModel
from core.paging import keyset_page
from core.problems import Problem
from portal import services

QUERY = ("sha256", "name", "text", "created_by", "created_at")
UNKNOWN = "There is no registered query of this hash; send its text, or register it first."
documents = Documents()


def text_of(sha256: str) -> str:
    """The text that was registered under this hash.

    Raises:
        BadRequest: there is none.
    """
    found = PersistedQueryModel.objects.filter(pk=sha256).values_list("text", flat=True).first()
    if found is None:
        raise BadRequest({"message": UNKNOWN, "extensions": {"code": "unknown-query"}})
    return found


class PersistedQuery(RowsType):
    """A query that scripts name by its hash: send `id` instead of `query`."""

    id = graphene.ID(required=True, description="SHA-256 of the text, in hex.")
    name = graphene.String(required=True, description="What it is for.")
    text = graphene.String(required=True, description="The query.")
    created_by = graphene.String(required=True, description="User name of who registered it.")
    created_at = graphene.DateTime(required=True, description="When it was registered.")

    @staticmethod
    def resolve_id(row: Row, info: Any) -> str:
        return str(row.values["sha256"])


PersistedQueryConnection = connection(PersistedQuery)


class Query(graphene.ObjectType):
    persisted_queries = listed(
        PersistedQueryConnection, "Queries that anybody may run by their hash, by name."
    )

    @staticmethod
    def resolve_persisted_queries(
        root: None, info: Any, first: int, after: str | None = None
    ) -> Page:
        rows = PersistedQueryModel.objects.values(*QUERY)
        return page_from(keyset_page(rows, order=["name", "sha256"], size=first, cursor=after))


class Mutation(graphene.ObjectType):
    persist_query = graphene.Field(
        payload("PersistQueryPayload", "query", PersistedQuery),
        required=True,
        description="Register a query under its hash; everybody may run it with their own rights.",
        text=graphene.String(required=True, description="A valid query; no mutation."),
        name=graphene.String(required=True, description="What it is for."),
    )
    forget_query = graphene.Field(
        payload("ForgetQueryPayload", "forgotten", graphene.ID),
        required=True,
        description="Have a hash mean nothing any more; one's own, administrators any.",
        id=graphene.ID(required=True, description="The hash."),
    )

    @staticmethod
    def resolve_persist_query(root: None, info: Any, text: str, name: str) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            made = services.persist_query(
                text=text, name=name, actor=actor, check=lambda each: _check(info.schema, each)
            )
            return one_row({column: getattr(made, column) for column in QUERY})

        return attempt("query", verb)

    @staticmethod
    def resolve_forget_query(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
    ) -> Mapping[str, Any]:
        def verb() -> Any:
            found = PersistedQueryModel.objects.filter(pk=id).first()
            if found is None:
                raise NotFound()
            services.forget_query(query=found, actor=info.context.actor)
            return id

        return attempt("forgotten", verb)


def _check(schema: Any, text: str) -> None:
    try:
        document = documents.get(schema, text)
    except BadRequest as error:
        told = [
            Problem("/text", each["extensions"]["code"], str(each["message"]))
            for each in error.errors
        ]
        raise Invalid("This is no query of the schema.", told) from error
    if any(
        isinstance(each, OperationDefinitionNode) and each.operation != OperationType.QUERY
        for each in document.definitions
    ):
        message = "Only queries are registered; send a mutation with its text."
        raise Invalid(message, [Problem("/text", "not-a-query", message)])
