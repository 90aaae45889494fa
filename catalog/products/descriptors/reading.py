"""A document of any kind: judged by its standard, and read into what the portal works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.contracts.formats import odcs
from catalog.products.descriptors.translation import product_of_entity
from catalog.products.formats import backstage, dpds, odps
from catalog.products.formats.detect import (
    DATA_CONTRACT,
    DATA_PRODUCT,
    PRODUCT_DESCRIPTOR,
    detect_kind,
    unknown_kind,
)
from core.descriptors import Verdict, text_of
from core.documents import Document, dump_yaml
from core.problems import Problem

Doc = odcs.ContractDoc | odps.ProductDoc | backstage.Entity

_READERS: Mapping[str, Any] = {
    DATA_CONTRACT: odcs,
    DATA_PRODUCT: odps,
    PRODUCT_DESCRIPTOR: dpds,
}
_LONGEST = 400  # characters of an id or version in a report


@dataclass(frozen=True)
class Reading:
    """One document on its way in."""

    kind: str  # as detected, else as written
    id: str  # as far as it can be read
    version: str
    doc: Doc | None  # None: not valid
    problems: tuple[Problem, ...]
    verdict: Verdict | None  # None: of no known kind, or not readable


def read(document: Document) -> Reading:
    """Judge and read one document; nothing about the portal yet."""
    data = document.data
    if document.problems:
        return Reading("", "", "", None, document.problems, None)
    kind = detect_kind(data)
    if kind is None:
        named = text_of(data, "kind") if isinstance(data, Mapping) else ""
        key = identity(data)
        return Reading(named[:_LONGEST], *key, None, (unknown_kind(document),), None)
    reader = _READERS.get(kind, backstage)
    verdict = reader.validate(document)
    doc = _product_or_system(reader.parse(data)) if verdict.valid else None
    return Reading(kind, *identity(data), doc, verdict.problems, verdict)


def embedded(document: Document) -> list[Document]:
    """The data contracts that the ports of a DPDS descriptor carry, each as one of its own."""
    data = document.data
    if document.problems or detect_kind(data) != PRODUCT_DESCRIPTOR:
        return []
    if not dpds.schema_check().accepts(data):
        return []
    return [
        Document(each, dump_yaml(each), "yaml", document.line_of(pointer))
        for pointer, each in dpds.contracts(data)
    ]


def _product_or_system(doc: Doc) -> Doc:
    if isinstance(doc, backstage.Entity) and doc.is_product:
        return product_of_entity(doc)
    return doc


def identity(data: Any) -> tuple[str, str]:
    """Id and version of a document that may be wrong in every other way; "" where there is none."""
    if not isinstance(data, Mapping):
        return "", ""
    key, version = data.get("id"), data.get("version")
    info, metadata = data.get("info"), data.get("metadata")
    if dpds.is_descriptor(data) and isinstance(info, Mapping):
        key, version = info.get("fullyQualifiedName"), info.get("version")
    elif key is None and isinstance(metadata, Mapping) and backstage.is_entity(data):
        place = metadata.get("namespace") or "default"
        key = f"{data.get('kind')}:{place}/{metadata.get('name')}".lower()
    elif key is None:
        key = data.get("uuid")  # ODCS 2.2
    found = ("" if each is None else str(each)[:_LONGEST] for each in (key, version))
    return next(found), next(found)
