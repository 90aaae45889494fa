"""The demand board: data that people ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, people_by_id, teams_by_id
from accounts.graphql.types import Domain, Person, Team
from catalog.products.graphql.batches import products_by_id
from catalog.products.graphql.types import DataProduct
from catalog.products.models import Demand as DemandModel
from catalog.products.states import DemandState
from core.graphql import Page, Row, RowsType, connection, enum_of, one, page_from
from core.paging import keyset_page

ORDER = ("-votes", "id")
DEMAND = (
    "id",
    "title",
    "need",
    "state",
    "votes",
    "answer",
    "author_id",
    "domain_id",
    "team_id",
    "product_id",
    "created_at",
    "updated_at",
)
DemandStateEnum = enum_of("DemandState", DemandState)


class Demand(RowsType):
    """Data that somebody needs and that does not exist yet."""

    id = graphene.ID(required=True)
    title = graphene.String(required=True)
    need = graphene.String(required=True, description="Markdown.")
    state = DemandStateEnum(required=True)
    votes = graphene.Int(required=True, description="How many others need it too.")
    answer = graphene.String(description="How it is answered, or why it was declined.")
    author = one(Person, people_by_id, key="author_id")
    domain = one(Domain, domains_by_id, key="domain_id", description="Where it is expected.")
    team = one(Team, teams_by_id, key="team_id", description="Who looks after it.")
    product = one(DataProduct, products_by_id, key="product_id", description="What answers it.")
    created_at = graphene.DateTime(required=True)
    updated_at = graphene.DateTime(required=True)
    url = graphene.String(required=True)

    @staticmethod
    def resolve_answer(row: Row, info: Any) -> str | None:
        return row.values["answer"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("products:demand", kwargs={"demand_id": row.values["id"]})


DemandConnection = connection(Demand)


class Query(graphene.ObjectType):
    demands = graphene.Field(
        DemandConnection,
        required=True,
        first=graphene.Int(required=True),
        after=graphene.String(),
        state=graphene.List(graphene.NonNull(DemandStateEnum)),
        domain=graphene.String(description="With everything below it."),
    )

    @staticmethod
    def resolve_demands(
        root: None,
        info: Any,
        first: int,
        after: str | None = None,
        state: Sequence[Any] | None = None,
        domain: str | None = None,
    ) -> Page:
        found = DemandModel.objects.visible_to(info.context.actor).chosen(domain=domain or "")
        if state:
            found = found.filter(state__in=[each.value for each in state])
        rows = found.values(*DEMAND)
        return page_from(keyset_page(rows, order=ORDER, size=first, cursor=after), rows)
