"""REST authentication: a bearer token or the session; and what a scope allows."""

from functools import partial
from typing import Any

from django.utils.functional import SimpleLazyObject
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.actors import VISITOR, Actor, AsksAlong, actor_of
from accounts.models import User
from accounts.services import actor_for_token
from accounts.states import Scope


class ActorAuthentication(BaseAuthentication):
    """Gives `(user or None, Actor)`; views read `request.auth` as the actor."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        header = request.headers.get("Authorization", "")
        if header:
            return self._by_token(header, _along(request))
        user = request._request.user
        if not isinstance(user, User) or not user.is_active:
            return None
        _require_csrf(request)
        return user, actor_of(user)

    def _by_token(self, header: str, along: AsksAlong | None) -> tuple[Any, Actor]:
        kind, _, text = header.partition(" ")
        actor = actor_for_token(text.strip(), along) if kind.lower() == "bearer" else None
        if actor is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        # hardly a view asks for the person behind the token
        person = SimpleLazyObject(partial(User, pk=actor.user_id, username=actor.name))
        return person, actor

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Meshport"'


def actor_in(request: Request) -> Actor:
    """Who makes a REST call."""
    actor: Any = request.auth
    return actor if isinstance(actor, Actor) else VISITOR


def _along(request: Request) -> AsksAlong | None:
    view = request.parser_context["view"] if request.method in SAFE_METHODS else None
    return view if isinstance(view, AsksAlong) else None


class ActorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How OpenAPI names the two ways to authenticate."""

    target_class = "accounts.authentication.ActorAuthentication"
    name = ["token", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "cookie", "name": "session"},
        ]


def _require_csrf(request: Request) -> None:
    if request.method in SAFE_METHODS:
        return
    check = CSRFCheck(lambda _request: None)  # type: ignore[arg-type]
    check.process_request(request._request)
    reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise PermissionDenied("CSRF check failed: send the X-CSRFToken header or use a token.")


class IsMember(BasePermission):
    """Somebody who is logged in, with `read` for reading and `write` for the rest.

    A view that takes a narrower scope names it as `write_scope`.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        actor = actor_in(request)
        if actor.is_visitor:
            return False
        if request.method in SAFE_METHODS:
            return actor.may(Scope.READ)
        return actor.may(getattr(view, "write_scope", Scope.WRITE)) or actor.may(Scope.WRITE)
