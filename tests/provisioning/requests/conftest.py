"""The shop of the blueprints, and requests in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.services import create_token
from provisioning.blueprints.services import request_service
from provisioning.requests.models import Request
from tests.provisioning.blueprints.conftest import (  # noqa: F401 - shared fixtures
    Shop,
    parameters,
    shop,
    warehouse_url,
)

Ask = Callable[..., Request]


@pytest.fixture
def ask(shop: Shop) -> Ask:  # noqa: F811
    """`ask(name="Orders")`: a request of the helper, which waits for the owner."""

    def make(**changes: Any) -> Request:
        actor = changes.pop("actor", None) or shop.helps
        filed = request_service(
            blueprint=shop.blueprint,
            parameters=parameters(**changes),
            purpose="For the spring range.",
            actor=actor,
        )
        return Request.objects.get(pk=filed.pk)

    return make


@pytest.fixture
def bearer(shop: Shop) -> Callable[..., dict[str, str]]:  # noqa: F811
    """`bearer(user)`: the header of a token that may read and write."""

    def make(user: Any, *scopes: str) -> dict[str, str]:
        _, text = create_token(user=user, name="t", scopes=scopes or ("read", "write"))
        return {"authorization": f"Bearer {text}"}

    return make
