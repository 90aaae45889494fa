"""Which kind of descriptor a document is."""

import difflib
from collections.abc import Mapping
from typing import Any

from catalog.products.formats import backstage, dpds
from core.documents import Document
from core.problems import Problem, shown

DATA_PRODUCT = "DataProduct"  # ODPS
DATA_CONTRACT = "DataContract"  # ODCS
PRODUCT_DESCRIPTOR = dpds.KIND

KINDS = (DATA_PRODUCT, DATA_CONTRACT, PRODUCT_DESCRIPTOR, *backstage.KINDS)


def detect_kind(data: Any) -> str | None:
    """One of `KINDS`; None for anything else.

    ODPS and ODCS say `kind`, DPDS begins with a field of its own, and an entity of Backstage has
    its `apiVersion` or `metadata` besides a kind that other tools use too.
    """
    if not isinstance(data, Mapping):
        return None
    kind = data.get("kind")
    if kind in (DATA_PRODUCT, DATA_CONTRACT):
        return str(kind)
    if dpds.is_descriptor(data):
        return PRODUCT_DESCRIPTOR
    return str(kind) if kind in backstage.KINDS and backstage.is_entity(data) else None


def unknown_kind(document: Document) -> Problem:
    """Why a document without a kind is refused."""
    data = document.data
    if not isinstance(data, Mapping):
        message = "A descriptor is a mapping that begins with `apiVersion` and `kind`."
        return Problem("", "unknown-kind", message, line=document.first_line)
    pointer = "/kind" if "kind" in data else ""
    message = f"{_reason(data)}{_near(str(data.get('kind') or ''))}"
    return Problem(pointer, "unknown-kind", message, line=document.line_of(pointer))


def _reason(data: Mapping[str, Any]) -> str:
    if "opendataproducts" in str(data.get("schema") or ""):
        return (
            "This is of the Open Data Product Specification of opendataproducts.org, which is not "
            f"read; describe the product as {DATA_PRODUCT} (ODPS of Bitol)."
        )
    kind = data.get("kind")
    if kind in backstage.KINDS:
        return f"A Backstage {kind} has `apiVersion: backstage.io/v1alpha1` and `metadata`; add it."
    named = f"`{shown(kind)}` is no kind that is read. " if kind else ""
    return (
        f"{named}Set `kind` to {DATA_PRODUCT} (ODPS), {DATA_CONTRACT} (ODCS) or a kind of "
        "Backstage, or begin with `dataProductDescriptor` (DPDS)."
    )


def _near(kind: str) -> str:
    small = {each.lower(): each for each in KINDS}
    found = difflib.get_close_matches(kind.lower(), small, n=2, cutoff=0.7) if kind else []
    near = [small[each] for each in found if small[each] != kind]
    return f" Did you mean {' or '.join(near)}?" if near else ""
