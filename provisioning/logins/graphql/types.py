"""Who works in a resource with a login of their own."""

from __future__ import annotations

from typing import Any

import graphene

from accounts.graphql.batches import people_by_id
from accounts.graphql.types import Person
from core.graphql import Row, RowsType, connection, enum_of, extend, one, page
from provisioning.logins.graphql.batches import LOGIN_ORDER, logins_by_resource
from provisioning.logins.states import LoginState, state_of

LoginStateEnum = enum_of("LoginState", LoginState, "How it stands with a login.")


class ResourceLogin(RowsType):
    """One person's, or program's, login to a resource; its password stands nowhere."""

    id = graphene.ID(required=True, description="As REST has it.")
    holder = one(Person, people_by_id, key="holder_id", description="Whose it is.")
    username = graphene.String(description="Its name in the target; null until it is made.")
    state = LoginStateEnum(required=True, description="How it stands.")
    asked_at = graphene.DateTime(required=True, description="When it was asked for last.")
    made_at = graphene.DateTime(description="When its present password was made.")
    revealed_at = graphene.DateTime(description="When its holder saw that.")
    ended_at = graphene.DateTime(description="When it was dropped.")

    @staticmethod
    def resolve_username(row: Row, info: Any) -> str | None:
        return row.values["username"] or None

    @staticmethod
    def resolve_state(row: Row, info: Any) -> str:
        names = ("made_at", "reveal_until", "revealed_at", "ended_at")
        return str(state_of(**{name: row.values[name] for name in names}))


ResourceLoginConnection = connection(ResourceLogin)


def register() -> None:
    """Add `logins` to the resource, a type of a lower room."""
    extend(
        "Resource",
        "logins",
        page(
            ResourceLoginConnection,
            logins_by_resource,
            order=LOGIN_ORDER,
            description="Who works in it with a login of their own, newest first.",
        ),
    )
