"""A member with a token, and how to ask."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import create_token
from tests.factories import UserFactory

Ask = Callable[..., Any]


def headers_for(user: User, *scopes: str) -> dict[str, str]:
    """The header with a new token of `user`."""
    _, text = create_token(user=user, name="test", scopes=scopes or ("read", "write"))
    return {"Authorization": f"Bearer {text}"}


def ask_as(user: User, *scopes: str) -> Ask:
    """A function that posts a query as `user` and gives the response."""
    headers = headers_for(user, *scopes)
    client = Client()

    def ask(query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        return client.post("/graphql/", data=body, content_type="application/json", headers=headers)

    return ask


@pytest.fixture
def member(db: None) -> User:
    user: User = UserFactory()
    return user


@pytest.fixture
def ask(member: User) -> Ask:
    return ask_as(member)
