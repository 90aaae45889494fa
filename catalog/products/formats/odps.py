"""ODPS, the Open Data Product Standard of Bitol: validate, parse, build."""

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.products.formats.odps_build import product_descriptor
from catalog.products.formats.odps_parse import (
    LINK_KINDS,
    InputContract,
    InputPort,
    Member,
    OutputPort,
    ProductDoc,
    major_of,
    parse,
)
from catalog.products.formats.odps_schema import LATEST, VERSIONS, schema_check
from core.descriptors import (
    Node,
    Verdict,
    declared_version,
    impossible_days,
    repeated,
    text_of,
    verdict_of,
)
from core.documents import Document, dump_yaml, unsafe_character
from core.problems import Problem, bounded, shown

__all__ = [
    "LINK_KINDS",
    "InputContract",
    "InputPort",
    "Member",
    "OutputPort",
    "ProductDoc",
    "Verdict",
    "dump_yaml",
    "major_of",
    "parse",
    "product_descriptor",
    "validate",
]

GREATEST_MAJOR = 2**31 - 1
_LATEST = LATEST.removeprefix("v")
_PORT_LISTS = ("inputPorts", "outputPorts", "managementPorts")


def validate(document: Document) -> Verdict:
    """Judge a document by the version it declares, and by the newest one."""
    if document.problems:
        return Verdict(False, document.problems, None, None, _LATEST)
    data, declared = document.data, declared_version(document.data)
    checked_as = declared if declared in VERSIONS else LATEST
    found = schema_check(checked_as).problems(document)
    fits_latest = schema_check(LATEST).accepts(data)
    rules = bounded(_rule_problems(data)) if fits_latest or not found else []
    return verdict_of(
        document,
        declared=declared,
        found=found,
        rules=rules,
        fits_latest=fits_latest,
        latest=_LATEST,
    )


def _rule_problems(data: Node) -> Iterator[Problem]:
    """What a schema cannot say."""
    yield from _names(data)
    yield from _output_ports(data)
    yield from _input_ports(data)
    yield from _days(data)
    yield from repeated(data.get("managementPorts"), "/managementPorts", "name")
    yield from repeated(data.get("customProperties"), "/customProperties", "property")
    for ports in _PORT_LISTS:
        yield from repeated(data.get(ports), f"/{ports}", "id")
        for at, port in enumerate(data.get(ports) or ()):
            pointer = f"/{ports}/{at}/customProperties"
            yield from repeated(port.get("customProperties"), pointer, "property")


def _days(data: Node) -> Iterator[Problem]:
    team = data.get("team")
    members = team.get("members") if isinstance(team, Mapping) else team
    pointer = "/team/members" if isinstance(team, Mapping) else "/team"
    for at, member in enumerate(members or ()):
        yield from impossible_days(member, f"{pointer}/{at}", ("dateIn", "dateOut"))
    yield from impossible_days(data, "", ("productCreatedTs",))


def _names(data: Node) -> Iterator[Problem]:
    named: list[tuple[str, Any]] = [(f"/{field}", data.get(field)) for field in ("id", "name")]
    for ports in _PORT_LISTS:
        entries = enumerate(data.get(ports) or ())
        named += [(f"/{ports}/{at}/name", port.get("name")) for at, port in entries]
    for pointer, name in named:
        if name is None:
            continue
        if not name.strip():
            field = pointer.rpartition("/")[2]
            yield Problem(pointer, "empty-value", f"Fill in `{field}`; it is empty.")
        unsafe = unsafe_character(name)
        if unsafe:
            message = f"Remove the invisible character {unsafe} from the name."
            yield Problem(pointer, "unsafe-name", message)


def _output_ports(data: Node) -> Iterator[Problem]:
    first: dict[tuple[str, int], int] = {}
    for at, port in enumerate(data.get("outputPorts") or ()):
        name, major = text_of(port, "name").strip(), major_of(text_of(port, "version"))
        pointer = f"/outputPorts/{at}"
        if major > GREATEST_MAJOR:
            message = f"`version` must begin with a number of at most {GREATEST_MAJOR:,}."
            yield Problem(f"{pointer}/version", "version-too-great", message)
        yield from _made_from(data, port, pointer)
        earlier = first.setdefault((name, major), at)
        if earlier != at:
            message = (
                f"Port {earlier + 1} is also called {shown(name)} with major version {major}; "
                "rename one or raise its version."
            )
            yield Problem(pointer, "port-major-clash", message)


def _made_from(data: Node, port: Node, pointer: str) -> Iterator[Problem]:
    """Contracts that the port says it is made from, but that no input port reads."""
    read = {text_of(each, "contractId") for each in data.get("inputPorts") or ()}
    for at, contract in enumerate(port.get("inputContracts") or ()):
        if text_of(contract, "id") not in read:
            message = f"No input port reads the contract {shown(contract['id'])}; add one."
            place = f"{pointer}/inputContracts/{at}/id"
            yield Problem(place, "dangling-reference", message, "warning")


def _input_ports(data: Node) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for at, port in enumerate(data.get("inputPorts") or ()):
        key = (text_of(port, "name").strip(), text_of(port, "version"))
        earlier = first.setdefault(key, at)
        if earlier != at:
            message = f"Port {earlier + 1} has the same name and version; remove one."
            yield Problem(f"/inputPorts/{at}", "duplicate-port", message)
