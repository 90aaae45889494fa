"""Which kind of descriptor a document is."""

from collections.abc import Mapping
from typing import Any, Literal

from core.documents import Document
from core.problems import Problem

Kind = Literal["DataProduct", "DataContract"]

DATA_PRODUCT: Kind = "DataProduct"
DATA_CONTRACT: Kind = "DataContract"


def detect_kind(data: Any) -> Kind | None:
    """The kind by the field `kind` of ODPS and ODCS; None for anything else."""
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if kind == DATA_PRODUCT:
        return DATA_PRODUCT
    return DATA_CONTRACT if kind == DATA_CONTRACT else None


def unknown_kind(document: Document) -> Problem:
    """Why a document without a kind is refused."""
    if not isinstance(document.data, Mapping):
        message = "A descriptor is a mapping that begins with `apiVersion` and `kind`."
        return Problem("", "unknown-kind", message, line=document.first_line)
    message = f"Set `kind` to {DATA_PRODUCT} (ODPS) or {DATA_CONTRACT} (ODCS)."
    pointer = "/kind" if "kind" in document.data else ""
    return Problem(pointer, "unknown-kind", message, line=document.line_of(pointer))
