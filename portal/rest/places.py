"""`domains` and `teams`: reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Domain, Membership, Team
from catalog.products.models import DataProduct, System
from core.errors import NotFound
from core.openapi import PAGING, page_of
from core.rest import list_response
from portal.rest import shapes

PAGING = [
    OpenApiParameter("search", str, description="part of a name"),
    *PAGING,
]
MAX_LISTED = 200  # of one kind in a single object


class DomainList(APIView):
    """Domains."""

    @extend_schema(
        operation_id="domains_list", parameters=PAGING, responses={200: page_of(shapes.DOMAIN)}
    )
    def get(self, request: Request) -> Response:
        """All domains by path; a domain stands before those below it."""
        rows = Domain.objects.select_related("owner", "parent")
        return _answer(request, rows, "path", _domain)


class DomainItem(APIView):
    """One domain."""

    @extend_schema(operation_id="domain", responses={200: shapes.DOMAIN_IN_FULL})
    def get(self, request: Request, path: str) -> Response:
        """With those below it, its teams, and the products and systems that the caller may see."""
        actor = actor_in(request)
        found = Domain.objects.select_related("owner", "parent").filter(path=path).first()
        if found is None:
            raise NotFound()
        products = DataProduct.objects.visible_to(actor).filter(domain=found)
        systems = System.objects.visible_to(actor).filter(domain=found)
        return Response(
            {
                **_domain(found),
                "field_schema": found.field_schema,
                "children": _listed(found.children.order_by("path"), "path"),
                "teams": _listed(found.teams.order_by("slug"), "slug"),
                "products": _listed(products.order_by("fqn"), "fqn"),
                "systems": _listed(systems.order_by("fqn"), "fqn"),
            }
        )


class TeamList(APIView):
    """Teams."""

    @extend_schema(
        operation_id="teams_list", parameters=PAGING, responses={200: page_of(shapes.TEAM)}
    )
    def get(self, request: Request) -> Response:
        """All teams by slug."""
        rows = Team.objects.select_related("domain", "parent")
        return _answer(request, rows, "slug", _team)


class TeamItem(APIView):
    """One team."""

    @extend_schema(operation_id="team", responses={200: shapes.TEAM_IN_FULL})
    def get(self, request: Request, slug: str) -> Response:
        """With its people, the domains it answers for, and what it owns."""
        actor = actor_in(request)
        found = Team.objects.select_related("domain", "parent").filter(slug=slug).first()
        if found is None:
            raise NotFound()
        people = Membership.objects.filter(team=found).select_related("user")
        products = DataProduct.objects.visible_to(actor).filter(owner=found)
        systems = System.objects.visible_to(actor).filter(owner=found)
        return Response(
            {
                **_team(found),
                "members": [
                    {"username": each.user.username, "name": str(each.user), "role": each.role}
                    for each in people.order_by("user__username")[:MAX_LISTED]
                ],
                "owned_domains": _listed(found.owned_domains.order_by("path"), "path"),
                "products": _listed(products.order_by("fqn"), "fqn"),
                "systems": _listed(systems.order_by("fqn"), "fqn"),
            }
        )


def _answer(
    request: Request, rows: QuerySet[Any], key: str, shown: Callable[[Any], dict[str, Any]]
) -> Response:
    """A page of the rows whose name or key holds what is searched, by their key."""
    text = request.query_params.get("search", "").replace("\0", "").strip()[:100]
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(**{f"{key}__icontains": text}))
    return list_response(request, rows, order=[key], shown=shown)


def _listed(rows: Any, field: str) -> list[str]:
    return list(rows.values_list(field, flat=True)[:MAX_LISTED])


def _domain(domain: Domain) -> dict[str, Any]:
    return {
        "path": domain.path,
        "name": domain.name,
        "purpose": domain.purpose,
        "parent": domain.parent.path if domain.parent else None,
        "owner": _named(domain.owner),
        "url": domain.get_absolute_url(),
    }


def _team(team: Team) -> dict[str, Any]:
    domain = team.domain
    return {
        "slug": team.slug,
        "name": team.name,
        "kind": team.kind,
        "contact": team.contact,
        "domain": {"path": domain.path, "name": domain.name} if domain else None,
        "parent": team.parent.slug if team.parent else None,
        "url": team.get_absolute_url(),
    }


def _named(team: Team | None) -> dict[str, str] | None:
    return {"slug": team.slug, "name": team.name} if team else None
