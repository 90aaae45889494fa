"""`systems`: operational systems and their APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_in
from accounts.models import Domain, Team
from catalog.products import services
from catalog.products.data import LinkData, SystemData, SystemPortData
from catalog.products.models import System
from catalog.products.rest import shapes
from catalog.products.selectors import system_by_fqn
from catalog.products.selectors.systems import system_card, system_in_full, systems_matching
from catalog.products.services.system_datasets import MAX_DATASETS
from core.documents import Document, DocumentError, load_documents
from core.errors import Invalid, NotFound
from core.idempotency import idempotent
from core.openapi import KEY, PAGING, TEXT, page_of
from core.problems import Problem
from core.rest import body_of, list_response

OBJECT = {"type": "object"}
TEXTS = {"type": "array", "items": TEXT}
LINK = {"type": "object", "properties": {"kind": TEXT, "label": TEXT, "url": TEXT}}
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {"namespace": TEXT, "name": TEXT},
}
PORT_FIELDS = ("kind", "title", "version", "description", "url")
SYSTEM_FIELDS = ("purpose", "description", "technology")
SYSTEM = {
    "type": "object",
    "required": ["name", "team"],
    "properties": {
        "document_id": {**TEXT, "description": "default: `system:` and the fqn"},
        "name": TEXT,
        "team": {**TEXT, "description": "slug of the team that owns it"},
        "status": {"enum": ["active", "deprecated", "retired"]},
        **dict.fromkeys(SYSTEM_FIELDS, TEXT),
        "tags": TEXTS,
        "links": {"type": "array", "items": LINK},
        "ports": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "kind"],
                "properties": {
                    "name": TEXT,
                    **dict.fromkeys(PORT_FIELDS, TEXT),
                    "document": {
                        "oneOf": [TEXT, OBJECT],
                        "description": "OpenAPI or AsyncAPI: YAML or JSON text, or an object",
                    },
                    "datasets": {
                        "type": "array",
                        "maxItems": MAX_DATASETS,
                        "items": DATASET,
                        "description": "OpenLineage names of what stands behind it; `*` is every"
                        " name that no other port has, where the team has claimed the namespace."
                        " Left out: as they are",
                    },
                },
            },
        },
    },
}


class SystemList(APIView):
    """Operational systems."""

    @extend_schema(
        operation_id="systems_list",
        parameters=[
            OpenApiParameter("search", str, description="name, technology or operation"),
            OpenApiParameter("domain", str, description="path, with everything below it"),
            OpenApiParameter("team", str, description="slug of the owner"),
            *PAGING,
        ],
        responses={200: page_of(shapes.SYSTEM_CARD)},
    )
    def get(self, request: Request) -> Response:
        """Systems by name."""
        given = request.query_params
        rows = systems_matching(
            actor_in(request),
            text=given.get("search", "").replace("\0", ""),
            domain=given.get("domain", "").replace("\0", ""),
            team=given.get("team", "").replace("\0", ""),
        )
        return list_response(request, rows, order=["fqn"], shown=system_card)


class SystemItem(APIView):
    """One operational system."""

    @extend_schema(operation_id="system", responses={200: shapes.SYSTEM_IN_FULL})
    def get(self, request: Request, fqn: str) -> Response:
        """Its ports with what they offer, and who reads it. A former name finds it too."""
        actor = actor_in(request)
        return Response(system_in_full(system_by_fqn(actor, fqn), actor))

    @extend_schema(
        operation_id="system_put",
        parameters=[KEY],
        request={"application/json": SYSTEM},
        responses={200: shapes.SYSTEM_PUT, 201: shapes.SYSTEM_PUT},
    )
    @idempotent
    def put(self, request: Request, fqn: str) -> Response:
        """Create it, or make it be as the body says; ports that are not named are taken away."""
        actor = actor_in(request)
        body = body_of(request)
        system, action, changes = services.put_system(data=_data(fqn, body), actor=actor)
        answer = {**system_in_full(system, actor), "action": action, "changes": list(changes)}
        return Response(answer, status=201 if action == "create" else 200)


class FormerNameItem(APIView):
    """A name that the system had."""

    @extend_schema(
        operation_id="system_name_release",
        parameters=[KEY],
        request=None,
        responses={204: None},
    )
    @idempotent
    def delete(self, request: Request, fqn: str, name: str) -> Response:
        """Give it up: it redirects no more, and others may take it."""
        actor = actor_in(request)
        services.release_system_name(system=system_by_fqn(actor, fqn), fqn=name, actor=actor)
        return Response(status=204)


class PortDocument(APIView):
    """The OpenAPI or AsyncAPI document of a port."""

    @extend_schema(
        operation_id="system_port_document",
        responses={
            (200, "application/json"): shapes.PORT_DOCUMENT,
            (200, "application/yaml"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, fqn: str, name: str) -> HttpResponse:
        """The text as it was given."""
        system = system_by_fqn(actor_in(request), fqn)
        text = system.ports.filter(name=name).exclude(text="").values_list("text", flat=True)
        found = text.first()
        if found is None:
            raise NotFound()
        is_json = found.lstrip().startswith("{")
        media = "application/json" if is_json else "application/yaml"
        return HttpResponse(found, content_type=f"{media}; charset=utf-8")


def _data(fqn: str, body: Mapping[str, Any]) -> SystemData:
    """What the body wants.

    Raises:
        Invalid: fields of the wrong type, an unknown domain or team, an unreadable document.
    """
    path, _, slug = fqn.rpartition(".")
    problems = list(_type_problems(body))
    domain = Domain.objects.filter(path=path).first()
    team = Team.objects.filter(slug=str(body.get("team", ""))).first()
    if domain is None:
        message = f"There is no domain “{path}”; the address is <domain>.<system>."
        problems.append(Problem("", "unknown-domain", message))
    if team is None:
        problems.append(Problem("/team", "unknown-team", "Name the slug of a team."))
    ports = [] if problems else list(_ports(body.get("ports") or [], problems))
    if problems or domain is None or team is None:
        raise Invalid("The system cannot be saved like that.", problems)
    known = System.objects.filter(fqn=fqn).values_list("document_id", flat=True).first()
    return SystemData(
        document_id=str(known or body.get("document_id") or f"system:{fqn}"),
        name=body.get("name", ""),
        slug=slug,
        domain=domain,
        owner=team,
        status=body.get("status", "active"),
        tags=tuple(body.get("tags") or ()),
        links=tuple(
            LinkData(*(str(each.get(name, "")) for name in ("kind", "label", "url")))
            for each in body.get("links") or ()
        ),
        ports=tuple(ports),
        **{name: body.get(name, "") for name in SYSTEM_FIELDS},
    )


def _type_problems(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("name", "team", "status", "document_id", *SYSTEM_FIELDS):
        if name in body and not _is_text(body[name]):
            yield Problem(f"/{name}", "wrong-type", f"`{name}` must be text.")
    for name, kind in (("tags", str), ("links", dict), ("ports", dict)):
        value = body.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, kind) for each in value):
            what = "texts" if kind is str else "objects"
            yield Problem(f"/{name}", "wrong-type", f"`{name}` must be a list of {what}.")
            continue
        for at, each in enumerate(value):
            yield from _entry_problems(each, f"/{name}/{at}")


def _entry_problems(entry: Any, pointer: str) -> Iterator[Problem]:
    fields = entry.items() if isinstance(entry, dict) else [("", entry)]
    for name, value in fields:
        if name == "datasets":
            yield from _dataset_problems(value, f"{pointer}/{name}")
        elif name != "document" and not _is_text(value):
            yield Problem(f"{pointer}/{name}", "wrong-type", f"`{name}` must be text.")


def _dataset_problems(datasets: Any, pointer: str) -> Iterator[Problem]:
    if not isinstance(datasets, list):
        yield Problem(pointer, "wrong-type", "`datasets` must be a list of objects.")
        return
    for at, each in enumerate(datasets):
        names = DATASET["required"]
        if not isinstance(each, dict) or not all(_is_text(each.get(name)) for name in names):
            message = "A dataset is an object of `namespace` and `name`, both text."
            yield Problem(f"{pointer}/{at}", "wrong-type", message)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


def _ports(ports: list[dict[str, Any]], problems: list[Problem]) -> Iterator[SystemPortData]:
    for at, port in enumerate(ports):
        pointer = f"/ports/{at}"
        yield SystemPortData(
            name=port.get("name", ""),
            document=_document(port.get("document"), f"{pointer}/document", problems),
            datasets=_datasets(port.get("datasets")),
            pointer=pointer,
            **{name: port.get(name, "") for name in PORT_FIELDS},
        )


def _datasets(given: list[dict[str, str]] | None) -> tuple[tuple[str, str], ...] | None:
    return None if given is None else tuple((each["namespace"], each["name"]) for each in given)


def _document(given: Any, pointer: str, problems: list[Problem]) -> Document | None:
    """The document, read with the limits of all documents; adds to `problems` why it is not."""
    if given in (None, ""):
        return None
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    try:
        documents = load_documents(text, media=None if isinstance(given, str) else "json")
    except DocumentError as error:
        problems.extend(
            Problem(f"{pointer}{each.pointer}", each.code, each.message, line=each.line)
            for each in error.problems
        )
        return None
    if len(documents) != 1:
        problems.append(Problem(pointer, "too-many-documents", "Send one document a port."))
    return documents[0]
