"""One product by name, by token, beside a view that asks the database for nothing but 1."""

from __future__ import annotations

from random import Random
from typing import Any

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import Client, override_settings
from django.urls import include, path

from accounts.models import User
from accounts.services import create_token
from catalog.products.models import DataProduct
from catalog.products.states import LISTED, Visibility
from core.errors import NotFound
from portal.bench.core import HOST, SAMPLES, SEED, Budget, Case, Figure, Result, measure_together
from portal.bench.readers import NAMES, readers

TIMES = 2  # the time of the floor, granted


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
    with override_settings(ROOT_URLCONF=__name__), readers() as clients:
        assert clients
        _, text = create_token(
            user=User.objects.get(username=NAMES["member"]), name="bench", scopes=["read"]
        )
        client, headers = Client(SERVER_NAME=HOST), {"authorization": f"Bearer {text}"}
        product, floor = measure_together(
            [
                Case("REST: product by name", [_asking(client, headers, f"products/{each}")
                                               for each in names]),
                Case("view that does SELECT 1", [_asking(client, {}, "bench-select-one")]
                     * len(names)),
            ]
        )  # fmt: skip
    return Result(
        "rest", {"products": DataProduct.objects.count()}, [floor], [_judged(product, floor)]
    )


def _names(count: int) -> list[str]:
    listed = DataProduct.objects.filter(status__in=LISTED, visibility=Visibility.COMPANY)
    names = list(listed.order_by("fqn").values_list("fqn", flat=True)[:10_000])
    if not names:
        raise NotFound("There is no product to ask for; load some with ./run scale.")
    return Random(SEED).choices(names, k=count)  # noqa: S311 - which requests, not secrets


def _asking(client: Client, headers: dict[str, str], place: str) -> Any:
    return lambda: client.get(f"/api/v1/{place}", headers=headers)


def _judged(figure: Figure, floor: Figure) -> Figure:
    """With its budget: a multiple of the floor of the same run."""
    granted = Budget(response_p95_ms=TIMES * floor.response.p95, cpu_p50_ms=TIMES * floor.cpu.p50)
    return Figure(**{**vars(figure), "budget": granted})
