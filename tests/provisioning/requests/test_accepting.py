"""What is accepted does not wait for the place where it will be made."""

import json
import socket

import pytest

from tests.provisioning.blueprints.conftest import Shop, parameters
from tests.provisioning.requests.conftest import Ask


def test_accepting_asks_no_target(ask: Ask, settings):
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))
        away.listen()
        away.setblocking(False)
        settings.WAREHOUSE_URL = f"postgresql://meshport@127.0.0.1:{away.getsockname()[1]}/none"

        assert ask().state == "waiting"

        with pytest.raises(BlockingIOError):  # nobody has called
            away.accept()


def test_a_request_that_starts_at_once_is_settled_once(
    shop: Shop, client, bearer, django_assert_num_queries
):
    headers = {**bearer(shop.owner), "Idempotency-Key": "one"}
    body = {"blueprint": "data-product-postgresql", "parameters": parameters()}

    with django_assert_num_queries(29) as asked:
        answer = client.post(
            "/api/v1/requests", json.dumps(body), content_type="application/json", headers=headers
        )

    assert answer.status_code == 202, answer.text
    assert answer.json()["operation"]
    names_looked_up = [
        each["sql"] for each in asked.captured_queries if "products_formername" in each["sql"]
    ]
    assert len(names_looked_up) == 1
