"""Glossary terms."""

from __future__ import annotations

from typing import Any

import graphene
from django.urls import reverse

from accounts.graphql.batches import domains_by_id, teams_by_id
from accounts.graphql.types import Domain, Team
from catalog.governance.graphql.batches import TERM, TERM_ORDER, terms_by_id
from catalog.governance.selectors import terms_matching
from core.graphql import Page, Row, RowsType, connection, listed, one, one_row, page_from
from core.ids import uuids_in
from core.paging import keyset_page


class Term(RowsType):
    """A business term and what it means here."""

    id = graphene.ID(required=True, description="As REST has it.")
    slug = graphene.String(required=True, description="Its key in its domain.")
    name = graphene.String(required=True, description="The term itself.")
    definition = graphene.String(required=True, description="What it means; Markdown.")
    synonyms = graphene.List(
        graphene.NonNull(graphene.String),
        required=True,
        description="Other words for it; a search for one finds the others.",
    )
    domain = one(Domain, domains_by_id, key="domain_id", description="Null: the company's.")
    owner = one(
        Team, teams_by_id, key="owner_id", required=True, description="Who says what it means."
    )
    updated_at = graphene.DateTime(required=True, description="When it was last changed.")
    url = graphene.String(required=True, description="Its page, below the portal's address.")

    @staticmethod
    def resolve_url(row: Row, info: Any) -> str:
        return reverse("governance:term", kwargs={"term_id": row.values["id"]})


TermConnection = connection(Term, counted=True)


class Query(graphene.ObjectType):
    term = graphene.Field(
        Term,
        description="One term of the glossary.",
        id=graphene.ID(required=True, description="As REST has it."),
    )
    terms = listed(
        TermConnection,
        "Terms of the glossary, by name.",
        search=graphene.String(description="Part of a term, a synonym or a definition."),
        domain=graphene.String(description="A path and what is below, or `company`."),
    )

    @staticmethod
    def resolve_term(root: None, info: Any, id: str) -> Row | None:  # noqa: A002 - its name
        found = terms_by_id(info.context.actor, uuids_in(id))
        return one_row(next(iter(found.values()), None))

    @staticmethod
    def resolve_terms(
        root: None,
        info: Any,
        *,
        first: int,
        after: str | None = None,
        search: str | None = None,
        domain: str | None = None,
    ) -> Page:
        found = terms_matching(
            info.context.actor,
            text=(search or "").replace("\0", "")[:100],
            domain=(domain or "").replace("\0", ""),
        )
        rows = found.select_related(None).values(*TERM)
        page = keyset_page(rows, order=list(TERM_ORDER), size=first, cursor=after)
        return page_from(page, found)
