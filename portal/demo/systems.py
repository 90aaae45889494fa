"""The operational systems of the demo company, with the documents of their APIs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction

from accounts.models import Domain, Team
from catalog.products.models import InputPort, System, SystemPort
from core.documents import dump_yaml
from portal.demo.company import document_id, products, read

OK = {"200": {"description": "As asked."}}


@transaction.atomic
def load_systems() -> None:
    """Systems and their ports; loading again writes the same rows."""
    places = {each.path: each for each in Domain.objects.all()}
    owners = {each.slug: each for each in Team.objects.all()}
    for fqn, given in read("systems").items():
        system, _ = System.objects.update_or_create(
            document_id=document_id("systems", fqn),
            defaults={
                "slug": fqn.rpartition(".")[2],
                "fqn": fqn,
                "name": given["name"],
                "purpose": given["purpose"],
                "domain": places[fqn.rpartition(".")[0]],
                "owner": owners[given["team"]],
                "status": given.get("status", "active"),
                "technology": given["technology"],
                "links": [_runbook(fqn)],
            },
        )
        for at, (name, port) in enumerate(given["ports"].items()):
            _put_port(system, at, name, port)


def link_inputs() -> None:
    """Let the declared inputs of products point to the systems they name. Two statements."""
    ports = {each.fqn: each for each in SystemPort.objects.select_related("system")}
    named = {name for spec in products().values() for name in spec.system_reads}
    waiting = list(InputPort.objects.filter(name__in=named, system__isnull=True))
    for each in waiting:
        each.system_port = ports[each.name]
        each.system = ports[each.name].system
    InputPort.objects.bulk_update(waiting, ["system", "system_port"])


def _put_port(system: System, at: int, name: str, given: dict[str, Any]) -> None:
    operations = [_operation(text) for text in given.get("operations", [])]
    document = _document(system, given, operations)
    SystemPort.objects.update_or_create(
        system=system,
        name=name,
        defaults={
            "fqn": f"{system.fqn}/{name}",
            "kind": given["kind"],
            "title": f"{system.name} {name.replace('-', ' ')}",
            "version": given["version"],
            "description": given.get("description", ""),
            "url": _address(system.slug) if given["kind"] == "openapi" else "",
            "operations": operations,
            "document": document,
            "text": dump_yaml(document) if document else "",
            "position": at,
        },
    )


def _operation(text: str) -> dict[str, str]:
    what, _, summary = text.partition(" - ")
    verb, _, name = what.partition(" ")
    return {"verb": verb, "name": name, "summary": summary}


def _document(
    system: System, given: dict[str, Any], operations: list[dict[str, str]]
) -> dict[str, Any] | None:
    info = {"title": system.name, "version": given["version"], "description": system.purpose}
    if given["kind"] == "openapi":
        return _openapi(info, operations, _address(system.slug))
    if given["kind"] == "asyncapi":
        return _asyncapi(info, operations)
    return None


def _openapi(
    info: dict[str, str], operations: list[dict[str, str]], address: str
) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for each in operations:
        path = each["name"]
        paths[path][each["verb"].lower()] = {
            "operationId": f"{each['verb'].lower()}{path.title()}".translate(
                str.maketrans("", "", "/{}-_")
            ),
            "summary": each["summary"],
            "parameters": [
                {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
                for part in path.split("/")
                if part.startswith("{")
            ],
            "responses": OK,
        }
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": address}],
        "paths": dict(paths),
    }


def _asyncapi(info: dict[str, str], operations: list[dict[str, str]]) -> dict[str, Any]:
    channels, actions = {}, {}
    for each in operations:
        key = each["name"].replace(".", "-")
        message = {"summary": each["summary"], "payload": {"type": "object"}}
        channels[key] = {"address": each["name"], "messages": {"event": message}}
        actions[key] = {
            "action": each["verb"].lower(),
            "channel": {"$ref": f"#/channels/{key}"},
            "summary": each["summary"],
        }
    return {"asyncapi": "3.0.0", "info": info, "channels": channels, "operations": actions}


def _address(slug: str) -> str:
    return f"https://{slug}.fernhaven.example/api"


def _runbook(fqn: str) -> dict[str, str]:
    url = f"https://wiki.fernhaven.example/systems/{fqn}"
    return {"kind": "runbook", "label": "Runbook", "url": url}
