"""`service-accounts`: programs of teams, which act by token and never log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.authentication import actor_in
from accounts.models import Team, User
from accounts.selectors import account_by_name, accounts_for_lists
from accounts.services.programs import LONGEST_PURPOSE
from accounts.states import ServiceRole
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import (
    COUNT,
    KEY,
    MOMENT,
    PAGING,
    TEXT,
    about,
    body,
    maybe,
    one_of,
    page_of,
    record,
)
from core.problems import Problem
from core.rest import body_of, list_response, text_in

ROLE = one_of(ServiceRole.values, "what it is in its team; it decides nothing, as owners do")
PURPOSE = {**TEXT, "minLength": 1, "maxLength": LONGEST_PURPOSE, "description": "what it does"}
ACCOUNT = record(
    "ServiceAccount",
    {
        "name": about(TEXT, "<team>.<its own name>; it stands in the audit log"),
        "team": about(TEXT, "slug of the team that it belongs to and acts for"),
        "purpose": TEXT,
        "role": ROLE,
        "live_tokens": about(COUNT, "how many tokens of it work"),
        "last_used_at": maybe(MOMENT, "of any of its tokens, to five minutes; null: never"),
        "created_at": MOMENT,
    },
)
WANTED = record(
    "ServiceAccountInput",
    {
        "team": about(TEXT, "slug of a team that you own"),
        "name": about(TEXT, "lower-case letters, digits and “-”; the team's slug comes before"),
        "purpose": PURPOSE,
        "role": {**ROLE, "default": "contributor"},
    },
    optional=("role",),
)
CHANGES = record(
    "ServiceAccountChanges", {"purpose": PURPOSE, "role": ROLE}, optional=("purpose", "role")
)
ENDED = record("", {"revoked_tokens": about(COUNT, "tokens that worked until now")})


class ServiceAccounts(APIView):
    """Programs of teams."""

    @extend_schema(
        operation_id="service_accounts_list",
        summary="List service accounts",
        tags=["tokens"],
        parameters=[OpenApiParameter("team", str, description="slug"), *PAGING],
        responses={200: page_of(ACCOUNT)},
    )
    def get(self, request: Request) -> Response:
        """Those of your teams that have not ended, by name; administrators see all."""
        rows = accounts_for_lists(actor_in(request)).filter(is_active=True)
        if team := request.query_params.get("team", "").replace("\0", ""):
            rows = rows.filter(service_of__slug=team)
        return list_response(request, rows, order=["username"], shown=card)

    @extend_schema(
        operation_id="service_account_create",
        summary="Make a service account",
        tags=["tokens"],
        parameters=[KEY],
        request=body(WANTED),
        responses={201: ACCOUNT},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """By owners of the team. It can do nothing before it has a token: `POST tokens`."""
        actor, given = actor_in(request), body_of(request)
        made = services.create_account(
            team=_team(text_in(given, "team")),
            data=services.AccountData(
                slug=text_in(given, "name"),
                purpose=text_in(given, "purpose"),
                role=text_in(given, "role") or ServiceRole.CONTRIBUTOR,
            ),
            actor=actor,
        )
        where = request.build_absolute_uri(f"{request.path}/{made.username}")
        shown = card(account_by_name(actor, made.username))
        return Response(shown, status=201, headers={"Location": where})


class ServiceAccount(APIView):
    """One program."""

    @extend_schema(
        operation_id="service_account",
        summary="Read a service account",
        tags=["tokens"],
        responses={200: ACCOUNT},
    )
    def get(self, request: Request, name: str) -> Response:
        """For members of its team."""
        return Response(card(account_by_name(actor_in(request), name)))

    @extend_schema(
        operation_id="service_account_change",
        summary="Change a service account",
        tags=["tokens"],
        parameters=[KEY],
        request=body(CHANGES),
        responses={200: ACCOUNT},
    )
    @idempotent
    def patch(self, request: Request, name: str) -> Response:
        """Its purpose or its role; its tokens go on with what it may from now on."""
        actor, given = actor_in(request), body_of(request)
        account = account_by_name(actor, name)
        services.change_account(account=account, data=_changed(account, given), actor=actor)
        return Response(card(account_by_name(actor, name)))


class End(APIView):
    """The end of a program."""

    @extend_schema(
        operation_id="service_account_end",
        summary="End a service account",
        tags=["tokens"],
        parameters=[KEY],
        request=None,
        responses={200: ENDED},
    )
    @idempotent
    def post(self, request: Request, name: str) -> Response:
        """At once and for good, with all its tokens; its name stays taken, for the audit log."""
        actor = actor_in(request)
        count = services.end_account(account=account_by_name(actor, name), actor=actor)
        return Response({"revoked_tokens": count})


def card(account: User) -> dict[str, Any]:
    """The public form of a service account, as `accounts_for_lists` reads it."""
    row: Any = account
    return {
        "name": account.username,
        "team": account.service_of.slug if account.service_of else "",
        "purpose": account.purpose,
        "role": account.service_role,
        "live_tokens": row.live_tokens,
        "last_used_at": row.last_used_at,
        "created_at": account.date_joined,
    }


def _changed(account: User, given: Mapping[str, Any]) -> services.AccountData:
    return services.AccountData(
        slug="",
        purpose=text_in(given, "purpose") if "purpose" in given else account.purpose,
        role=text_in(given, "role") if "role" in given else account.service_role,
    )


def _team(slug: str) -> Team:
    found = Team.objects.filter(slug=slug).first()
    if found is None:
        problem = Problem("/team", "unknown-team", "Name the slug of a team.")
        raise Invalid("There is no such team.", [problem])
    return found
