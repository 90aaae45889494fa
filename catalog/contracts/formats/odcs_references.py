"""References inside a contract: relationships and the elements of service levels.

A table of another contract is a legal target of a property's relationship, and the standard's own
example names columns that it does not list. So only what cannot be meant is an error; what merely
leads outside is a warning.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.contracts.formats.odcs_walk import Place, Walk
from core.descriptors import Node
from core.problems import Problem, Severity, shown


class _Names:
    """Every way the contract itself can be referred to."""

    def __init__(self, found: Iterable[Place]) -> None:
        self.objects: set[str] = set()
        self.paths: set[str] = set()
        self.columns: set[str] = set()
        for place in found:
            self._add(place)

    def _add(self, place: Place) -> None:
        physical = str(place.node.get("physicalName") or place.name)
        if "id" in place.node:
            self.columns.add(str(place.node["id"]))
        self.paths.add(place.name)
        if place.path is None:
            self.objects |= {place.object_name, physical, physical.rpartition(".")[2]}
        else:
            self.columns |= {place.path, place.path.rpartition(".")[2]}

    def has_table(self, reference: str) -> bool:
        return reference.partition(".")[0] in self.objects

    def knows(self, element: str) -> bool:
        return any(element in names for names in (self.objects, self.paths, self.columns))


def dangling_references(walk: Walk) -> Iterator[Problem]:
    """References that lead nowhere, and relationships whose two sides do not fit."""
    names = _Names(walk.places)
    for place in walk.places:
        for at, link in enumerate(place.node.get("relationships") or ()):
            yield from _relationship(link, f"{place.pointer}/relationships/{at}", place, names)
    yield from _service_levels(walk.data, names)


def _relationship(link: Node, pointer: str, place: Place, names: _Names) -> Iterator[Problem]:
    sources, targets = _sides(link.get("from")), _sides(link.get("to"))
    if sources and len(sources) != len(targets):
        message = f"`from` names {len(sources)} columns and `to` {len(targets)}; pair them."
        yield Problem(pointer, "length-mismatch", message)
    for step, source in sources.items():
        if _is_shorthand(source) and source not in names.paths:
            message = f"`{shown(source)}` is no column of this contract."
            yield Problem(f"{pointer}/from{step}", "dangling-reference", message)
    for step, target in targets.items():
        if not _is_shorthand(target) or target in names.paths:
            continue
        outside = place.path is None and not names.has_table(target)
        severity: Severity = "error" if outside else "warning"
        message = f"`{shown(target)}` is no column of this contract."
        yield Problem(f"{pointer}/to{step}", "dangling-reference", message, severity)


def _sides(side: Any) -> Mapping[str, str]:
    """The references of one side, by the rest of their pointer."""
    if isinstance(side, str):
        return {"": side}
    return {f"/{at}": str(each) for at, each in enumerate(side or ())}


def _is_shorthand(reference: str) -> bool:
    return "/" not in reference and "#" not in reference


def _service_levels(data: Node, names: _Names) -> Iterator[Problem]:
    if not data.get("schema"):
        return
    levels = enumerate(data.get("slaProperties") or ())
    named = [(f"/slaProperties/{at}/element", level.get("element")) for at, level in levels]
    named.append(("/slaDefaultElement", data.get("slaDefaultElement")))
    for pointer, text in named:
        for element in str(text or "").split(","):
            yield from _element(element.strip(), pointer, names)


def _element(element: str, pointer: str, names: _Names) -> Iterator[Problem]:
    if element and not names.knows(element):
        severity: Severity = "warning" if "." in element else "error"
        message = f"`{shown(element)}` is no object or column of this contract."
        yield Problem(pointer, "dangling-reference", message, severity)
