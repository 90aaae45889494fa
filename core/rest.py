"""What REST views of all rooms share: errors as problem+json, keyset lists, idempotent writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from core.csv_rows import csv_list, wants_csv
from core.errors import UNSEEN, DomainError, Invalid, problem_document
from core.paging import KeysetPage, keyset_page
from core.problems import Problem, shown
from core.request_bodies import require_known_members

PROBLEM_JSON = "application/problem+json"
COUNT_CAP = 5_000  # rows that are counted; beyond it `count_capped` is true


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
        "detail": _detail(error, context.get("view")),
    }
    answer = problem(body)
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if response.has_header(name):
            answer[name] = response[name]
    return answer


def problem(body: dict[str, Any]) -> Response:
    """An answer of type problem+json with the status that `body` names."""
    return Response(body, status=body["status"], content_type=PROBLEM_JSON)


def page_response(
    request: Request,
    page: KeysetPage[Any],
    results: list[Any],
    rows: QuerySet[Any] | None = None,
) -> Response:
    """`{"results", "next"}`; `next` keeps all other parameters (INTERFACE §4).

    Args:
        rows: the whole list, which is counted where `count=true` asks for it.
    """
    following = None
    if page.next_cursor is not None:
        query = request.query_params.copy()
        query["cursor"] = page.next_cursor
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    answer = Response({"results": results, "next": following})
    if rows is not None and wants_count(request):
        answer.data |= counted(rows.order_by().values("pk")[: COUNT_CAP + 1].count())
    return answer


def list_response(
    request: Request,
    rows: QuerySet[Any],
    *,
    order: Sequence[str],
    shown: Callable[[Any], dict[str, Any]],
) -> Response:
    """The page of `rows` that was asked for, and with `count=true` how many there are.

    Args:
        order: as `core.paging.keyset_page` takes it.
        shown: the public form of a row.

    Cost: one SQL statement, two where it is counted.
    """
    cursor = request.query_params.get("cursor")
    page = keyset_page(rows, order=order, size=page_size(request), cursor=cursor)
    return page_response(request, page, [shown(each) for each in page.rows], rows)


def list_or_csv(
    request: Request,
    rows: QuerySet[Any],
    *,
    order: Sequence[str],
    shown: Callable[[Any], dict[str, Any]],
    name: str,
    columns: Sequence[str],
) -> Response | StreamingHttpResponse:
    """The same; where CSV is asked for, the whole list as a file of that name with these columns.

    The view has `renderer_classes = (JSONRenderer, CsvRenderer)`.
    """
    if wants_csv(request):
        return csv_list(name, columns, rows, order, shown)
    return list_response(request, rows, order=order, shown=shown)


def wants_count(request: Request) -> bool:
    """`count=true`: nobody pays for counting who has not asked."""
    return request.query_params.get("count", "").lower() in {"true", "1"}


def counted(found: int) -> dict[str, Any]:
    """What a list says of its length, of which at most one above the cap was counted."""
    return {"count": min(found, COUNT_CAP), "count_capped": found > COUNT_CAP}


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; empty without a body.

    Raises:
        ParseError, TooLarge, Invalid: see `core.json_body`.
        Invalid: it is no object, or has a member that the operation does not take.
    """
    body = request.data
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object.", [Problem("", "wrong-type", "Send a JSON object.")])
    require_known_members(request, body)
    return body


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


def _detail(error: Exception, view: Any) -> str:
    if isinstance(error, Http404):
        return UNSEEN
    if isinstance(error, exceptions.NotAuthenticated):
        return "Log in, or send a token: Authorization: Bearer <token>."
    if isinstance(error, exceptions.NotAcceptable):
        return f"What your Accept asks for is not there; it is given as {_media(view, 'renderer')}."
    detail, taken = getattr(error, "detail", ""), _media(view, "parser")
    if isinstance(error, exceptions.UnsupportedMediaType) and taken and "*" not in taken:
        return str(detail) if taken in detail else f"{detail} It is taken as {taken}."
    return "; ".join(map(str, detail)) if isinstance(detail, list) else str(detail)


def _media(view: Any, role: str) -> str:
    """The media types that a view writes (`renderer`) or reads (`parser`)."""
    known = [each.media_type for each in getattr(view, f"{role}_classes", ())]
    return ", ".join(dict.fromkeys(known))


def text_in(body: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """A text of a body, "" where it is left out, and also where it is null if it may be.

    Raises:
        Invalid: it is something else.
    """
    value = body.get(name, "")
    if value is None and not required:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise Invalid("A value is not text.", [Problem(f"/{name}", "not-text", "Send a text.")])
    return value


def flag_in(body: Mapping[str, Any], name: str) -> bool:
    """True or false in a body; false where it is missing.

    Raises:
        Invalid: it is neither.
    """
    value = body.get(name, False)
    if not isinstance(value, bool):
        problem = Problem(f"/{name}", "wrong-type", "Send true or false.")
        raise Invalid("A value is neither true nor false.", [problem])
    return value


def texts_in(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of texts of a body, empty where it is left out.

    Raises:
        Invalid: it is something else.
    """
    value: Any = body.get(name, [])
    is_list = isinstance(value, list) and len(value) <= 1_000
    if not is_list or not all(isinstance(each, str) and "\0" not in each for each in value):
        raise Invalid("A value is no list.", [Problem(f"/{name}", "not-a-list", "Send texts.")])
    return list(value)


def whole_in(body: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number of a body.

    Raises:
        Invalid: it is something else.
    """
    value = body.get(name, default)
    if type(value) is not int:
        problem = Problem(f"/{name}", "wrong-type", "Send a whole number.")
        raise Invalid("A value is no whole number.", [problem])
    return value


def require_choices(name: str, given: Iterable[str], choices: Sequence[str]) -> None:
    """Refuse values of a filter that nothing ever has: an empty list would tell of no mistake.

    Raises:
        Invalid: one of them is none of the choices.
    """
    for each in given:
        if each not in choices:
            text = f"There is no “{shown(each)}”; choose of {', '.join(choices)}."
            problem = Problem(f"/{name}", f"unknown-{name}", text)
            raise Invalid(f"There is no such {name}.", [problem])


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
