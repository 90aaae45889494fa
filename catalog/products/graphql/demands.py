"""The demand board: data that people ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import graphene
from django.urls import reverse

from accounts.actors import Actor
from accounts.graphql.batches import domains_by_id, people_by_id, teams_by_id
from accounts.graphql.types import Domain, Person, Team
from accounts.models import Domain as DomainModel
from catalog.products import services
from catalog.products.graphql.batches import products_by_id
from catalog.products.graphql.types import DataProduct
from catalog.products.models import Demand as DemandModel
from catalog.products.selectors.demands import product_called, team_called
from catalog.products.states import DemandState
from core.errors import Invalid
from core.graphql import (
    Page,
    Row,
    RowsType,
    connection,
    enum_of,
    listed,
    one,
    one_row,
    page_from,
)
from core.graphql.mutations import attempt, attempt_on, payload
from core.ids import uuids_in
from core.paging import keyset_page
from core.problems import Problem

ORDER = ("-votes", "id")
DEMAND = (
    *("id", "title", "need", "state", "votes", "answer", "author_id", "domain_id", "team_id"),
    *("product_id", "created_at", "updated_at"),
)
DemandStateEnum = enum_of("DemandState", DemandState, "What became of a wish.")


class Demand(RowsType):
    """Data that somebody needs and that does not exist yet."""

    id = graphene.ID(required=True, description="As REST has it.")
    title = graphene.String(required=True, description="What is missing, in one line.")
    need = graphene.String(required=True, description="What it is needed for; Markdown.")
    state = DemandStateEnum(required=True, description="What became of it.")
    votes = graphene.Int(required=True, description="How many others need it too.")
    answer = graphene.String(description="How it is answered, or why it was declined.")
    author = one(Person, people_by_id, key="author_id", description="Who asks.")
    domain = one(Domain, domains_by_id, key="domain_id", description="Where it is expected.")
    team = one(Team, teams_by_id, key="team_id", description="Who looks after it.")
    product = one(DataProduct, products_by_id, key="product_id", description="What answers it.")
    created_at = graphene.DateTime(required=True, description="When it was asked for.")
    updated_at = graphene.DateTime(required=True, description="When it was last changed.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_answer(row: Row, info: Any) -> str | None:
        return row.values["answer"] or None

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("products:demand", kwargs={"demand_id": row.values["id"]})


DemandConnection = connection(Demand)


class Query(graphene.ObjectType):
    demand = graphene.Field(
        Demand,
        description="One wish.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    demands = listed(
        DemandConnection,
        "Data that people ask for, the most wanted first.",
        state=graphene.List(
            graphene.NonNull(DemandStateEnum), description="What became of it; none: all."
        ),
        domain=graphene.String(description="With everything below it."),
    )

    @staticmethod
    def resolve_demand(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        return demand_row(info.context.actor, id)

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


def demand_row(actor: Actor, given: Any) -> Row | None:
    """The wish of this id, if `actor` may see it."""
    visible = DemandModel.objects.visible_to(actor).filter(pk__in=uuids_in(str(given)))
    return one_row(visible.values(*DEMAND).first())


DemandPayload = payload("DemandPayload", "demand", Demand)
Verb = Callable[[DemandModel], DemandModel]


def _verb(description: str, **arguments: Any) -> Any:
    return graphene.Field(
        DemandPayload,
        required=True,
        description=description,
        id=graphene.ID(required=True, description="Of the wish."),
        **arguments,
    )


class Mutation(graphene.ObjectType):
    post_demand = graphene.Field(
        DemandPayload,
        required=True,
        description="Ask for data that does not exist.",
        title=graphene.String(required=True, description="What is missing, in one line."),
        need=graphene.String(required=True, description="What it is needed for; Markdown."),
        domain=graphene.String(description="Path of the domain where it is expected."),
    )
    vote_for_demand = _verb(
        "Say “I need it too”, or take that back; twice counts once.",
        needed=graphene.Boolean(
            required=True, default_value=True, description="False: not any more."
        ),
    )

    take_demand = _verb(
        "Promise that a team looks after it.",
        team=graphene.String(required=True, description="Slug of a team that you act for."),
    )
    answer_demand = _verb(
        "Name the product that answers it; a draft is shown to the author once it is published.",
        product=graphene.String(required=True, description="Full name of the product."),
        note=graphene.String(description="What to know about it; Markdown."),
    )
    decline_demand = _verb(
        "Say that it will not be made; an author withdraws it so.",
        reason=graphene.String(description="Why; the author may leave it out."),
    )

    @staticmethod
    def resolve_post_demand(
        root: None, info: Any, title: str, need: str, domain: str | None = None
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb() -> Row | None:
            data = services.DemandData(title, need, _domain(domain))
            return demand_row(actor, services.post_demand(data=data, actor=actor).pk)

        return attempt("demand", verb)

    @staticmethod
    def resolve_vote_for_demand(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        needed: bool,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        vote = services.vote if needed else services.unvote
        return _on(actor, id, lambda each: vote(demand=each, actor=actor))

    @staticmethod
    def resolve_take_demand(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        team: str,
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(
            actor,
            id,
            lambda each: services.take_demand(demand=each, team=team_called(team), actor=actor),
        )

    @staticmethod
    def resolve_answer_demand(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        product: str,
        note: str = "",
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor

        def verb(demand: DemandModel) -> DemandModel:
            named = product_called(actor, product)
            return services.answer_demand(demand=demand, product=named, note=note, actor=actor)

        return _on(actor, id, verb)

    @staticmethod
    def resolve_decline_demand(
        root: None,
        info: Any,
        id: str,  # noqa: A002 - its name
        reason: str = "",
    ) -> Mapping[str, Any]:
        actor: Actor = info.context.actor
        return _on(
            actor,
            id,
            lambda each: services.decline_demand(demand=each, reason=reason, actor=actor),
        )


def _on(actor: Actor, given: str, verb: Verb) -> Mapping[str, Any]:
    named = DemandModel.objects.visible_to(actor).for_rows().filter(pk__in=uuids_in(given))
    return attempt_on("demand", named, lambda each: demand_row(actor, verb(each).pk))


def _domain(path: str | None) -> DomainModel | None:
    found = DomainModel.objects.filter(path=path).first() if path else None
    if path and found is None:
        problem = Problem("/domain", "unknown-domain", "There is no domain of this path.")
        raise Invalid("It cannot be taken like that.", [problem])
    return found
