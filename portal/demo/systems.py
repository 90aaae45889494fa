"""The operational systems of the demo company, with the documents of their APIs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from catalog.products.data import LinkData, SystemData, SystemPortData
from catalog.products.services import put_system
from core.documents import dump_yaml, load_documents
from portal.demo.company import document_id, read
from portal.demo.people import Company, company

OK = {"200": {"description": "As asked."}}


def load_systems() -> None:
    """Systems and their ports, as the teams that run them describe them."""
    here = company()
    for fqn, given in read("systems").items():
        put_system(data=_system(fqn, given, here), actor=here.owner(given["team"]))


def _system(fqn: str, given: dict[str, Any], here: Company) -> SystemData:
    return SystemData(
        document_id=document_id("systems", fqn),
        name=given["name"],
        slug=fqn.rpartition(".")[2],
        domain=here.domains[fqn.rpartition(".")[0]],
        owner=here.teams[given["team"]],
        purpose=given["purpose"],
        status=given.get("status", "active"),
        technology=given["technology"],
        links=(LinkData("runbook", "Runbook", f"https://wiki.fernhaven.example/systems/{fqn}"),),
        ports=tuple(_port(fqn, given, name, port) for name, port in given["ports"].items()),
    )


def _port(fqn: str, system: dict[str, Any], name: str, given: dict[str, Any]) -> SystemPortData:
    slug = fqn.rpartition(".")[2]
    described = _document(slug, system, given)
    document = load_documents(dump_yaml(described), media="yaml")[0] if described else None
    return SystemPortData(
        name=name,
        kind=given["kind"],
        title=f"{system['name']} {name.replace('-', ' ')}",
        version=given["version"],
        description=given.get("description", ""),
        url=_address(slug) if given["kind"] == "openapi" else "",
        datasets=((f"fernhaven://{fqn}", name),),  # as the orchestrator names it
        document=document,
    )


def _operation(text: str) -> dict[str, str]:
    what, _, summary = text.partition(" - ")
    verb, _, name = what.partition(" ")
    return {"verb": verb, "name": name, "summary": summary}


def _document(slug: str, system: dict[str, Any], given: dict[str, Any]) -> dict[str, Any] | None:
    info = {
        "title": system["name"],
        "version": given["version"],
        "description": system["purpose"],
    }
    operations = [_operation(text) for text in given.get("operations", [])]
    if given["kind"] == "openapi":
        return _openapi(info, operations, _address(slug))
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
