"""`PATCH products/{fqn}`, revisions, revert and hand-over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from catalog.products import services
from catalog.products.models import DataProduct, Revision
from catalog.products.rest import shapes
from catalog.products.selectors import history, product_by_fqn
from catalog.products.selectors.demands import team_called
from catalog.products.selectors.full import product_in_full
from catalog.products.services.editing import CHOICES, TEXTS
from core.conditional import tag_of
from core.errors import Invalid
from core.idempotency import idempotent
from core.openapi import IF_MATCH, KEY, PAGES, page_of
from core.problems import Problem
from core.rest import body_of, page_response, page_size, text_in

OBJECT = {"type": "object"}
TAG = re.compile(r'(?:W/)?"?(\d{1,9})(?:-[0-9a-f]{24})?"?\Z')
LIST_OF_TEXT = frozenset({"tags", "terms"})
KEYS = {
    "links": frozenset({"kind", "label", "url"}),
    "ownership": frozenset({"kind", "user", "team"}),
}
REVERT = {
    "type": "object",
    "properties": {"revision": {"type": "integer"}, "note": {"type": "string"}},
}
HAND_OVER = {
    "type": "object",
    "properties": {"team": {"type": "string"}, "note": {"type": "string"}},
}


class Editing:
    """Mixed into the view of one product."""

    @extend_schema(
        operation_id="product_edit",
        parameters=[KEY, IF_MATCH],
        request={"application/json": OBJECT},
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def patch(self, request: Request, fqn: str) -> Response:
        """Change the fields that are named (JSON merge); 412 shows both versions."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        body = body_of(request)
        values = values_of(body, product)
        saved = services.edit_product(
            product=product, values=values, actor=actor, expected=expected_revision(request)
        )
        return product_response(saved.product, request)


class Revert(APIView):
    """Go back to an earlier revision."""

    @extend_schema(
        operation_id="product_revert",
        parameters=[KEY, IF_MATCH],
        request={"application/json": REVERT},
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """A new revision like the old one; 422 where something it needs is gone."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        body = body_of(request)
        number = body.get("revision")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31:
            message = "Name the number of a revision."
            raise Invalid(message, [Problem("/revision", "wrong-type", message)])
        saved = services.revert_product(
            product=product,
            number=number,
            actor=actor,
            note=text_in(body, "note", required=False),
            expected=expected_revision(request),
        )
        return product_response(saved.product, request)


class HandOver(APIView):
    """Give a product to another team."""

    @extend_schema(
        operation_id="product_hand_over",
        parameters=[KEY],
        request={"application/json": HAND_OVER},
        responses={200: shapes.PRODUCT},
    )
    @idempotent
    def post(self, request: Request, fqn: str) -> Response:
        """Contracts that only this product names go along."""
        actor = actor_in(request)
        product = product_by_fqn(actor, fqn)
        body = body_of(request)
        team = team_called(str(body.get("team") or ""), "It cannot be handed over.")
        product = services.hand_over_product(
            product=product, to_team=team, actor=actor, note=text_in(body, "note", required=False)
        )
        return product_response(product, request)


class FormerNameItem(APIView):
    """A name that the product had."""

    @extend_schema(
        operation_id="product_name_release", parameters=[KEY], request=None, responses={204: None}
    )
    @idempotent
    def delete(self, request: Request, fqn: str, name: str) -> Response:
        """Give it up: it redirects no more, and others may take it."""
        actor = actor_in(request)
        services.release_name(product=product_by_fqn(actor, fqn), fqn=name, actor=actor)
        return Response(status=204)


class Revisions(APIView):
    """What a product was."""

    @extend_schema(
        operation_id="product_revisions",
        parameters=[
            *PAGES,
        ],
        responses={200: page_of(shapes.REVISION)},
    )
    def get(self, request: Request, fqn: str) -> Response:
        """Changes field by field, the newest first."""
        product = product_by_fqn(actor_in(request), fqn)
        cursor = request.query_params.get("cursor")
        page = history(product, size=page_size(request), cursor=cursor)
        return page_response(request, page, [_revision(each) for each in page.rows])


def product_response(product: DataProduct, request: Request) -> Response:
    """The full object after a change."""
    return with_etag(product_in_full(product.pk, actor_in(request)))


def with_etag(found: dict[str, Any]) -> Response:
    """The full object with an ETag of its revision, which `If-Match` compares, and of all that it
    says, which also changes without an edit (a score, a reader more)."""
    return Response(found, headers={"ETag": _tag(found, orjson.dumps(found))})


def written(found: dict[str, Any]) -> HttpResponse:
    """The same answer to a read: written once, for the tag and for the reader."""
    body = orjson.dumps(found)
    return HttpResponse(body, content_type="application/json", headers={"ETag": _tag(found, body)})


def _tag(found: Mapping[str, Any], body: bytes) -> str:
    return tag_of(body, revision=found["revision"])


def expected_revision(request: Request) -> int | None:
    """The revision that `If-Match` names; None without the header or with `*`.

    Raises:
        Invalid: it is no ETag that we gave.
    """
    given = request.headers.get("If-Match", "").strip()
    if given in {"", "*"}:
        return None
    found = TAG.match(given)
    if found is None:
        message = "Send the ETag as you got it."
        raise Invalid("If-Match is not usable.", [Problem("", "bad-if-match", message)])
    return int(found[1])


def values_of(body: Mapping[str, Any], product: DataProduct) -> dict[str, Any]:
    """What the service takes; `null` empties a field.

    Raises:
        Invalid: a field cannot be edited or has the wrong form.
    """
    problems = [each for name, value in body.items() for each in _field_problems(name, value)]
    if problems:
        raise Invalid("The product cannot be changed like that.", problems)
    return {name: _plain(name, value, product) for name, value in body.items()}


def _field_problems(name: str, value: Any) -> Iterator[Problem]:
    pointer = f"/{name}"
    if name not in services.EDITABLE:
        message = f"Change one of: {', '.join(services.EDITABLE)}."
        yield Problem(pointer[:200], "unknown-field", message)
    elif value is None and name not in {"name", "domain", "visibility"}:
        return
    elif name in (*TEXTS, *CHOICES, "domain") and not isinstance(value, str):
        yield Problem(pointer, "wrong-type", "Write text.")
    elif name in LIST_OF_TEXT and not _is_list_of(value, str):
        yield Problem(pointer, "wrong-type", "Give a list of texts.")
    elif name == "extra" and not isinstance(value, dict):
        yield Problem(pointer, "wrong-type", "Give a mapping.")
    elif name in KEYS and not _is_list_of(value, dict):
        yield Problem(pointer, "wrong-type", "Give a list of mappings.")
    elif name in KEYS:
        for at, each in enumerate(value):
            if set(each) - KEYS[name] or not all(isinstance(v, str) for v in each.values()):
                message = f"Give texts called {', '.join(sorted(KEYS[name]))}."
                yield Problem(f"{pointer}/{at}", "wrong-form", message)
    if isinstance(value, str) and "\0" in value:
        yield Problem(pointer, "unsafe-text", "Remove the invisible character U+0000.")


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _plain(name: str, value: Any, product: DataProduct) -> Any:
    if name == "extra":
        return _merged(product.extra, value) if value is not None else {}
    if name in KEYS:
        empty = dict.fromkeys(sorted(KEYS[name]), "")
        return [{**empty, **each} for each in value or ()]
    if name in LIST_OF_TEXT:
        return value or []
    return value or ""


def _merged(before: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    found = dict(before) if isinstance(before, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found


def _revision(each: Revision) -> dict[str, Any]:
    return {
        "number": each.number,
        "at": each.at,
        "actor": each.actor,
        "verb": each.verb,
        "note": each.note,
        "changes": each.changes,
    }
