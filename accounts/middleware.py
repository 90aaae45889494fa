"""Who acts in this request, and how long a session lives."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from accounts.actors import VISITOR, actor_of
from accounts.models import User

Respond = Callable[[HttpRequest], HttpResponse]

SEEN_STEP_S = 300  # write the session at most this often
OPEN_TO_VISITORS = frozenset(
    {
        "portal:livez",
        "portal:readyz",
        "portal:openapi",
        "accounts:login",
        "accounts:set-password",  # guarded by the one-time token in it
        "quality:shared-badge",  # guarded by the signature in it
    }
)


class SessionLimits:
    """Ends a session after an hour of silence, and when the account says so (SECURITY §1.10)."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        now = timezone.now()
        seen = dt.datetime.fromtimestamp(request.session.get("seen", now.timestamp()), dt.UTC)
        valid_from = request.user.sessions_valid_from  # type: ignore[union-attr]
        started = request.session.get("started", now.timestamp())
        if now - seen > dt.timedelta(seconds=settings.SESSION_IDLE_S) or (
            valid_from is not None and started < valid_from.timestamp()
        ):
            logout(request)
        elif "seen" not in request.session or (now - seen).total_seconds() > SEEN_STEP_S:
            request.session["seen"] = now.timestamp()
            request.session.setdefault("started", started)


class ActorMiddleware:
    """Sets `request.actor`; every page that is not on the short open list needs a login."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Default deny. Scripts' interfaces know tokens too and answer 401 themselves."""
        match = request.resolver_match
        if match is not None and match.view_name in OPEN_TO_VISITORS:
            return None
        if request.path_info.startswith("/api/v1/"):
            return None
        if request.path_info == "/graphql/" and request.method == "POST":
            return None
        if request.user.is_authenticated:
            return None
        query = urlencode({"next": request.get_full_path()})
        url = f"{reverse('accounts:login')}?{query}"
        if request.htmx:  # type: ignore[attr-defined]
            response = HttpResponse(status=401)
            response["HX-Redirect"] = url
            return response
        return redirect(url)


def _actor(request: HttpRequest) -> object:
    user = request.user
    return actor_of(user) if isinstance(user, User) and user.is_active else VISITOR
