"""`tokens`: keys for scripts. The text of one is shown once, when it is made."""

from __future__ import annotations

from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import services
from accounts.actors import Actor
from accounts.authentication import actor_in
from accounts.models import ApiToken, Team
from accounts.selectors import account_by_name
from accounts.services.keys import MAX_DAYS
from accounts.states import Scope, TokenState
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import (
    KEY,
    MOMENT,
    PAGING,
    TEXT,
    WHOLE,
    about,
    body,
    listed,
    maybe,
    one_of,
    page_of,
    record,
)
from core.problems import Problem
from core.rest import body_of, choice_in, list_response, text_in, texts_in, whole_in

STATES = ("live", "ended")
SCOPES = listed(
    one_of(Scope.values),
    "`write` is everything but reading; `lineage:write` and `quality:write` only send",
)
MEMBERS = {
    "id": WHOLE,
    "name": about(TEXT, "what uses it"),
    "prefix": about(TEXT, "its first characters, to know it by"),
    "user": about(TEXT, "user name, or service account, that it acts as"),
    "team": maybe(TEXT, "slug of the only team that it acts for; null: all that its user may"),
    "scopes": SCOPES,
    "state": one_of(TokenState.values),
    "created_at": MOMENT,
    "created_by": TEXT,
    "expires_at": MOMENT,
    "last_used_at": maybe(MOMENT, "to five minutes; null: never"),
    "revoked_at": maybe(MOMENT),
    "revoked_by": maybe(TEXT),
}
TOKEN = record("Token", MEMBERS, description="A key for scripts, without its text")
NEW_TOKEN = record(
    "NewToken",
    {**MEMBERS, "token": maybe(TEXT, "shown this once; null where the answer is given again")},
    description="A key for scripts with its text",
)
WANTED = record(
    "TokenInput",
    {
        "name": {**TEXT, "minLength": 1, "maxLength": 120, "description": "what will use it"},
        "scopes": {**SCOPES, "minItems": 1},
        "days": {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": 90},
        "team": about(TEXT, "slug: act for this team alone"),
        "service_account": about(TEXT, "act as this service account of your team"),
    },
    optional=("days", "team", "service_account"),
)
once_shown = partial(idempotent, hiding=("token",))


class Tokens(APIView):
    """Keys for scripts."""

    @extend_schema(
        operation_id="tokens_list",
        summary="List tokens",
        tags=["tokens"],
        parameters=[
            OpenApiParameter("team", str, description="slug of the team that they act for"),
            OpenApiParameter("user", str, description="user name, or service account"),
            OpenApiParameter("state", str, enum=STATES, description="left out: all"),
            *PAGING,
        ],
        responses={200: page_of(TOKEN)},
    )
    def get(self, request: Request) -> Response:
        """Your own, and those that act for a team that you own; the newest first.

        Administrators see all. The text of a token is in no list.
        """
        rows = ApiToken.objects.visible_to(actor_in(request)).for_lists()
        for name, field in (("team", "team__slug"), ("user", "user__username")):
            if given := request.query_params.get(name, "").replace("\0", ""):
                rows = rows.filter(**{field: given})
        state = choice_in(request.query_params, "state", STATES)
        if state:
            rows = rows.live() if state == "live" else rows.ended()
        return list_response(request, rows, order=["-id"], shown=card)

    @extend_schema(
        operation_id="token_create",
        summary="Make a token",
        tags=["tokens"],
        parameters=[KEY],
        request=body(WANTED),
        responses={201: NEW_TOKEN},
    )
    @once_shown
    def post(self, request: Request) -> Response:
        """`token` is in this answer and in none after it, also with the same key.

        A token makes only tokens that may no more and live no longer than itself.
        """
        actor = actor_in(request)
        token, text = services.make_token(data=_data(request, actor), actor=actor)
        token = _found(actor, token.pk)
        where = request.build_absolute_uri(f"{request.path}/{token.pk}")
        return Response(
            {**card(token), "token": text},
            status=201,
            headers={"Location": where, "Cache-Control": "no-store"},
        )


class Token(APIView):
    """One key."""

    @extend_schema(
        operation_id="token", summary="Read a token", tags=["tokens"], responses={200: TOKEN}
    )
    def get(self, request: Request, pk: int) -> Response:
        """Whether it works, what it may, and when it was last used; never its text."""
        return Response(card(_found(actor_in(request), pk)))


class Revoke(APIView):
    """The end of a key."""

    @extend_schema(
        operation_id="token_revoke",
        summary="Revoke a token",
        tags=["tokens"],
        parameters=[KEY],
        request=None,
        responses={200: TOKEN},
    )
    @idempotent
    def post(self, request: Request, pk: int) -> Response:
        """At once and for good: the next call with it gets 401. 404 where it was revoked before."""
        return Response(card(services.revoke_token(token_id=pk, actor=actor_in(request))))


def card(token: ApiToken) -> dict[str, Any]:
    """The public form of a token; `user` and `team` must be loaded."""
    return {
        "id": token.pk,
        "name": token.name,
        "prefix": token.prefix,
        "user": token.user.username,
        "team": token.team.slug if token.team else None,
        "scopes": token.scopes,
        "state": token.state.value,
        "created_at": token.created_at,
        "created_by": token.created_by or token.user.username,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
        "revoked_by": token.revoked_by or None,
    }


def _found(actor: Actor, pk: int) -> ApiToken:
    token = ApiToken.objects.visible_to(actor).for_lists().filter(pk=pk).first()
    if token is None:
        raise NotFound()
    return token


def _data(request: Request, actor: Actor) -> services.TokenData:
    """What the body wants.

    Raises:
        Invalid: a field of the wrong type, both a team and an account, or one that is not known.
    """
    given = body_of(request)
    slug, name = text_in(given, "team"), text_in(given, "service_account")
    if slug and name:
        message = "A service account has its team: leave one of them out."
        raise Invalid("The token could not be made.", [Problem("/team", "one-of", message)])
    return services.TokenData(
        name=text_in(given, "name"),
        scopes=texts_in(given, "scopes"),
        days=whole_in(given, "days", 90),
        team=_team(actor, slug) if slug else None,
        account=_account(actor, name) if name else None,
    )


def _team(actor: Actor, slug: str) -> Team:
    found = Team.objects.filter(slug=slug).first()
    if found is None:
        problem = Problem("/team", "unknown-team", "Name the slug of a team.")
        raise Invalid("There is no such team.", [problem])
    return found


def _account(actor: Actor, name: str) -> Any:
    try:
        return account_by_name(actor, name)
    except NotFound:
        text = "Name a service account of a team of yours, as <team>.<name>."
        problem = Problem("/service_account", "unknown-service-account", text)
        raise Invalid("There is no such service account.", [problem]) from None
