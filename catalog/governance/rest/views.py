"""`policies`, `terms` and `classifications`."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.governance import services
from catalog.governance.models import Policy
from catalog.governance.policies import can_govern_somewhere
from catalog.governance.rest import shapes
from catalog.governance.rest.serializers import (
    day,
    level_as_dict,
    policy_as_dict,
    policy_data,
    term_as_dict,
    term_data,
    version_as_dict,
)
from catalog.governance.selectors import (
    levels,
    policy_by_slug,
    policy_rows,
    term_by_id,
    terms_matching,
)
from core.errors import NotAllowed
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of, whole_list_of
from core.paging import keyset_page
from core.rest import body_of, list_response, page_response, page_size

POLICY = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "rule": {"type": "string", "description": "CEL, at most 4 KB"},
        "words": TEXT,
        "mend": TEXT,
        "subject": {"type": "string", "enum": ["product", "contract"]},
        "domain": {"type": "string", "nullable": True, "description": "null: the whole company"},
        "owner": {"type": "string", "description": "slug of a team"},
        "severity": {"type": "string", "enum": ["high", "medium", "low"]},
        "state": {"type": "string", "enum": ["draft", "enforced"]},
        "grace_until": {"type": "string", "format": "date"},
    },
}
TERM = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "definition": {"type": "string", "description": "Markdown"},
        "synonyms": {"type": "array", "items": TEXT},
        "domain": {"type": "string", "nullable": True, "description": "null: the whole company"},
        "owner": {"type": "string", "description": "slug of a team"},
    },
}
GRACE = {"type": "object", "properties": {"grace_until": {"type": "string", "format": "date"}}}


class Policies(APIView):
    """Policies."""

    @extend_schema(
        operation_id="policies_list", parameters=PAGING, responses={200: page_of(shapes.POLICY)}
    )
    def get(self, request: Request) -> Response:
        """All of them by name, with how many published things that you may see fail."""
        actor = actor_in(request)
        visible = Policy.objects.visible_to(actor).select_related("owner", "domain")
        page = keyset_page(
            visible,
            order=["name", "id"],
            size=page_size(request),
            cursor=request.query_params.get("cursor"),
        )
        rows = policy_rows(actor, page.rows)
        return page_response(request, page, [policy_as_dict(row) for row in rows], visible)

    @extend_schema(
        operation_id="policy_create",
        parameters=[KEY],
        request={"application/json": POLICY},
        responses={201: shapes.POLICY},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Write a policy, as a draft or enforced at once."""
        actor = actor_in(request)
        if not can_govern_somewhere(actor):
            raise NotAllowed("Only stewards and owners of domains may write policies.")
        data, enforcement = policy_data(body_of(request), None)
        version = services.save_policy(data=data, actor=actor, enforcement=enforcement)
        row = policy_rows(actor, [version.policy])[0]
        return Response(policy_as_dict(row), status=201)


class OnePolicy(APIView):
    """One policy."""

    @extend_schema(operation_id="policy", responses={200: shapes.POLICY_IN_FULL})
    def get(self, request: Request, slug: str) -> Response:
        """With all its versions."""
        actor = actor_in(request)
        policy = policy_by_slug(actor, slug)
        versions = [version_as_dict(each) for each in policy.versions.order_by("-number")]
        return Response({**policy_as_dict(policy_rows(actor, [policy])[0]), "versions": versions})

    @extend_schema(
        operation_id="policy_change",
        parameters=[KEY],
        request={"application/json": POLICY},
        responses={200: shapes.POLICY},
    )
    @idempotent
    def patch(self, request: Request, slug: str) -> Response:
        """Write its next version; what is left out stays. Scope and subject do not change."""
        actor = actor_in(request)
        policy = policy_by_slug(actor, slug)
        data, enforcement = policy_data(body_of(request), policy)
        services.save_policy(data=data, actor=actor, policy=policy, enforcement=enforcement)
        return Response(policy_as_dict(policy_rows(actor, [policy_by_slug(actor, slug)])[0]))


class Enforce(APIView):
    """Put the draft of a policy into force."""

    @extend_schema(
        operation_id="policy_enforce",
        parameters=[KEY],
        request={"application/json": GRACE},
        responses={200: shapes.POLICY},
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """409 when there is no draft. Until the end of `grace_until` it only warns."""
        actor = actor_in(request)
        policy = policy_by_slug(actor, slug)
        services.enforce_policy(policy=policy, actor=actor, grace_until=day(body_of(request)))
        return Response(policy_as_dict(policy_rows(actor, [policy])[0]))


class Retire(APIView):
    """Retire a policy."""

    @extend_schema(
        operation_id="policy_retire", parameters=[KEY], request=None, responses={200: shapes.POLICY}
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """It is asked of nobody any more."""
        actor = actor_in(request)
        policy = policy_by_slug(actor, slug)
        services.retire_policy(policy=policy, actor=actor)
        return Response(policy_as_dict(policy_rows(actor, [policy])[0]))


class Terms(APIView):
    """Glossary terms."""

    @extend_schema(
        operation_id="terms_list",
        parameters=[
            OpenApiParameter("search", str),
            OpenApiParameter("domain", str, description="a path, or `company`"),
            *PAGING,
        ],
        responses={200: page_of(shapes.TERM)},
    )
    def get(self, request: Request) -> Response:
        """By name."""
        asked = request.query_params
        text = asked.get("search", "").replace("\0", "")[:100]
        domain = asked.get("domain", "").replace("\0", "")
        rows = terms_matching(actor_in(request), text=text, domain=domain)
        return list_response(request, rows, order=["name", "id"], shown=term_as_dict)

    @extend_schema(
        operation_id="term_create",
        parameters=[KEY],
        request={"application/json": TERM},
        responses={201: shapes.TERM},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Write a term."""
        actor = actor_in(request)
        if not can_govern_somewhere(actor):
            raise NotAllowed("Only stewards and owners of domains may write terms.")
        term = services.put_term(data=term_data(body_of(request), None), actor=actor)
        return Response(term_as_dict(term), status=201)


class OneTerm(APIView):
    """One term."""

    @extend_schema(operation_id="term", responses={200: shapes.TERM})
    def get(self, request: Request, term_id: UUID) -> Response:
        return Response(term_as_dict(term_by_id(actor_in(request), term_id)))

    @extend_schema(
        operation_id="term_change",
        parameters=[KEY],
        request={"application/json": TERM},
        responses={200: shapes.TERM},
    )
    @idempotent
    def patch(self, request: Request, term_id: UUID) -> Response:
        """What is left out stays."""
        actor = actor_in(request)
        term = term_by_id(actor, term_id)
        kept = services.put_term(data=term_data(body_of(request), term), actor=actor, term=term)
        return Response(term_as_dict(kept))

    @extend_schema(
        operation_id="term_remove",
        parameters=[
            KEY,
            OpenApiParameter("detach", bool, description="take it from the products that use it"),
        ],
        responses={204: None},
    )
    @idempotent
    def delete(self, request: Request, term_id: UUID) -> Response:
        """409 with `count` and `used_by` while products use it, unless `detach=true`."""
        actor = actor_in(request)
        detach = request.query_params.get("detach") == "true"
        services.remove_term(term=term_by_id(actor, term_id), actor=actor, detach=detach)
        return Response(status=204)


class Classifications(APIView):
    """The classes that products may have."""

    @extend_schema(
        operation_id="classifications_list", responses={200: whole_list_of(shapes.LEVEL)}
    )
    def get(self, request: Request) -> Response:
        """All of them, the most open first."""
        found = [level_as_dict(each) for each in levels(all_of_them=True)]
        return Response({"results": found, "next": None})
