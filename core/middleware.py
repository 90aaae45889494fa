"""What every request gets: an id, timings, and domain errors as answers."""

import re
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from core.errors import DomainError, NotFound, problem_document
from core.htmx import wants_fragment
from core.ids import uuid7
from core.outage import outage

Respond = Callable[[HttpRequest], HttpResponse]

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
RETRY_AFTER_S = "3"
WITHOUT_DATABASE = frozenset({"/livez", "/readyz"})  # they say themselves what is away
log = structlog.get_logger(__name__)


def request_context(get_response: Respond) -> Respond:
    """Bind the request id to all log lines and say it in the answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.match(given) else uuid7().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = get_response(request)
        response["X-Request-ID"] = request_id
        return response

    return middleware


def server_timing(get_response: Respond) -> Respond:
    """Say in demo and debug mode how long the database took and how often it was asked."""
    if not (settings.DEMO or settings.DEBUG):
        return get_response

    def middleware(request: HttpRequest) -> HttpResponse:
        clock = QueryClock()
        with connection.execute_wrapper(clock):
            response = get_response(request)
        timing = f'db;dur={clock.spent_s * 1000:.1f};desc="{clock.count} queries"'
        response["Server-Timing"] = timing
        return response

    return middleware


def outages(get_response: Respond) -> Respond:
    """While the database is away, 503 at once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path not in WITHOUT_DATABASE and outage.turns_away():
            return _unavailable(request)
        return get_response(request)

    return middleware


class QueryClock:
    """Counts SQL statements and the time they take."""

    def __init__(self) -> None:
        self.count = 0
        self.spent_s = 0.0

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.count += 1
            self.spent_s += time.perf_counter() - started


def wants_json(request: HttpRequest) -> bool:
    """True for the interfaces of scripts."""
    return request.path.startswith("/api/") or request.path == "/graphql/"


def problem_response(error: DomainError) -> JsonResponse:
    """`error` as problem+json with its status."""
    return JsonResponse(
        problem_document(error), status=error.status, content_type="application/problem+json"
    )


class DomainErrors:
    """Turns a domain error that a view let through into a page, a part or problem+json."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError):
            return unavailable(request, error)
        if isinstance(error, DataError) and "NUL" in str(error):
            error = NotFound()  # no name holds one
        if not isinstance(error, DomainError):
            return None
        if wants_json(request):
            return problem_response(error)
        problem = problem_document(error)
        if wants_fragment(request):
            return render(request, "parts/_problem.html", {"problem": problem}, status=error.status)
        template = {403: "errors/403.html", 404: "errors/404.html"}.get(
            error.status, "errors/problem.html"
        )
        return render(request, template, {"problem": problem, "error": error}, status=error.status)


def unavailable(request: HttpRequest, error: OperationalError | InterfaceError) -> HttpResponse:
    """503 and when to come back: the database is away (RELIABILITY C11)."""
    log.error("database.unavailable", error=str(error).splitlines()[0])
    outage.notice(error)
    return _unavailable(request)


def _unavailable(request: HttpRequest) -> HttpResponse:
    detail = "The database does not answer just now. Nothing was changed; try again in a moment."
    if wants_json(request):
        body = {
            "type": "/problems/unavailable",
            "title": "Unavailable",
            "status": 503,
            "detail": detail,
        }
        response: HttpResponse = JsonResponse(
            body, status=503, content_type="application/problem+json"
        )
    else:
        # without the request: the frame would ask the database again
        page = render_to_string("errors/503.html", {"detail": detail})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = RETRY_AFTER_S
    return response
