"""Pages for what went wrong."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from core.errors import NotFound
from core.middleware import problem_response, unavailable, wants_json


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same answer for what does not exist and for what one may not see."""
    if wants_json(request):
        return problem_response(NotFound())
    return render(request, "errors/404.html", status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Something broke: the page carries the request id and nothing else."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError):  # raised before any view, by session or actor
        return unavailable(request, error)
    if wants_json(request):
        body = {"type": "/problems/internal", "title": "Internal error", "status": 500}
        return JsonResponse(body, status=500, content_type="application/problem+json")
    # without the request: the frame may be what broke
    return HttpResponse(render_to_string("errors/500.html"), status=500)
