"""What REST views of all rooms share: errors as problem+json, keyset lists, idempotent writes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from core.errors import UNSEEN, DomainError, Invalid, problem_document
from core.paging import KeysetPage
from core.problems import Problem

PROBLEM_JSON = "application/problem+json"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's hook: every error is an RFC 9457 document with a stable `type`."""
    if isinstance(error, DomainError):
        return problem(problem_document(error))
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    body = {
        "type": f"/problems/{_code(error)}",
        "title": _code(error).replace("-", " ").capitalize(),
        "status": response.status_code,
        "detail": _detail(error),
    }
    answer = problem(body)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if response.has_header(name):
            answer[name] = response[name]
    return answer


def problem(body: dict[str, Any]) -> Response:
    """An answer of type problem+json with the status that `body` names."""
    return Response(body, status=body["status"], content_type=PROBLEM_JSON)


def page_response(request: Request, page: KeysetPage[Any], results: list[Any]) -> Response:
    """`{"results", "next"}`; `next` keeps all other parameters (INTERFACE §4)."""
    following = None
    if page.next_cursor is not None:
        query = request.query_params.copy()
        query["cursor"] = page.next_cursor
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return Response({"results": results, "next": following})


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; empty without a body.

    Raises:
        ParseError, TooLarge, Invalid: see `core.json_body`.
    """
    return request.data if isinstance(request.data, dict) else {}


def page_size(request: Request, default: int = 50) -> int:
    """`page_size` of the query, 1 to 200."""
    try:
        size = int(request.query_params.get("page_size", default))
    except ValueError as error:
        raise exceptions.ValidationError("page_size is a number from 1 to 200.") from error
    if not 1 <= size <= 200:
        raise exceptions.ValidationError("page_size is a number from 1 to 200.")
    return size


def _code(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not-found"
    code = getattr(error, "default_code", "error")
    return str(code).replace("_", "-")


def _detail(error: Exception) -> str:
    if isinstance(error, Http404):
        return UNSEEN
    detail = getattr(error, "detail", "")
    return "; ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


def text_in(body: Mapping[str, Any], name: str) -> str:
    """A text of a body, "" where it is left out.

    Raises:
        Invalid: it is something else.
    """
    value = body.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise Invalid("A value is not text.", [Problem(f"/{name}", "not-text", "Send a text.")])
    return value


def choice_in(query: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """The query parameter `name`, or "" where it is not given.

    Raises:
        Invalid: it is none of the choices.
    """
    given = query.get(name, "")
    if given and given not in choices:
        text = f"Choose one of {', '.join(choices)}."
        raise Invalid(f"There is no such {name}.", [Problem(f"/{name}", f"unknown-{name}", text)])
    return given
