"""One product by name, by token, beside a view that asks the database for nothing but 1.

Both are asked over HTTP, from the web server of `./run up`: that is what a script waits for, and
what the budget is about. In one process, without a web server, they say what the portal does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import Client, override_settings
from django.urls import include, path

from accounts.models import User
from accounts.services import create_token
from catalog.products.models import DataProduct
from catalog.products.states import LISTED, Visibility
from core.errors import NotFound
from portal.bench.core import (
    HOST,
    SAMPLES,
    SEED,
    Answered,
    Budget,
    Call,
    Case,
    Figure,
    Result,
    measure_together,
)
from portal.bench.readers import NAMES, readers
from portal.bench.served import served

TIMES = 2  # the time of the floor, granted
API = "/api/v1/"

Get = Callable[[str, Mapping[str, str]], Answered]


def select_one(request: HttpRequest) -> JsonResponse:
    """The floor: what Django takes for a statement and a small answer, middleware included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        row = cursor.fetchone()
    return JsonResponse({"one": row[0] if row else None})


urlpatterns = [  # beside the portal's own, while this is measured
    path("api/v1/bench-select-one", select_one),
    path("", include("portal.urls")),
]


def run(samples: int = SAMPLES) -> Result:
    """Products drawn from the data by a fixed seed, by turns with the floor.

    Raises:
        NotFound: there is no product.
    """
    names = _names(samples)
    with override_settings(ROOT_URLCONF=__name__), readers() as clients, served(__name__) as get:
        assert clients
        _, text = create_token(
            user=User.objects.get(username=NAMES["member"]), name="bench", scopes=["read"]
        )
        asked = _Asked(names, {"Authorization": f"Bearer {text}"})
        client = Client(SERVER_NAME=HOST)
        product, floor = asked.measured("", lambda path, sent: client.get(path, headers=sent))
        asked.by(get)  # each connection of the web server plans for itself
        served_product, served_floor = asked.measured(" over HTTP", get)
    return Result(
        "rest",
        {"products": DataProduct.objects.count()},
        [floor, served_floor],
        [product, _judged(served_product, served_floor)],
    )


@dataclass(frozen=True)
class _Asked:
    """What is asked for, and with which headers."""

    names: list[str]
    headers: Mapping[str, str]

    def measured(self, how: str, get: Get) -> list[Figure]:
        """Products and floor, by turns."""
        floor = [partial(get, f"{API}bench-select-one", {})] * len(self.names)
        return measure_together(
            [
                Case(f"REST: product by name{how}", self._calls(get)),
                Case(f"view that does SELECT 1{how}", floor),
            ]
        )

    def by(self, get: Get) -> None:
        """Each product once."""
        for call in self._calls(get):
            call()

    def _calls(self, get: Get) -> list[Call]:
        return [partial(get, f"{API}products/{each}", self.headers) for each in self.names]


def _names(count: int) -> list[str]:
    listed = DataProduct.objects.filter(status__in=LISTED, visibility=Visibility.COMPANY)
    names = list(listed.order_by("fqn").values_list("fqn", flat=True)[:10_000])
    if not names:
        raise NotFound("There is no product to ask for; load some with ./run scale.")
    return Random(SEED).choices(names, k=count)  # noqa: S311 - which requests, not secrets


def _judged(figure: Figure, floor: Figure) -> Figure:
    """With its budget: a multiple of the floor of the same run."""
    granted = Budget(
        response_p50_ms=TIMES * floor.response.p50, response_p95_ms=TIMES * floor.response.p95
    )
    return Figure(**{**vars(figure), "budget": granted})
