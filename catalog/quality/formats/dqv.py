"""Quality as linked data: the W3C's Data Quality Vocabulary, as JSON-LD and as Turtle."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

JSON_LD = "application/ld+json"
TURTLE = "text/turtle"
PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dqv": "http://www.w3.org/ns/dqv#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
URN = "urn:meshport:quality:"
SCORE = "Quality score of a product: 0 to 100, over the dimensions that are measured."
PART = "Score of a product in one dimension: 0 to 100."
SAFE = "/@?=#&.:~-%"  # characters of an address that stay as they are


@dataclass(frozen=True)
class Measured:
    """One figure: of a check, of a dimension, or of the whole (no `dimension`).

    Args:
        path: of the page of the check; "" for scores.
        value: percent.
    """

    name: str
    dimension: str
    value: float
    at: dt.datetime | None
    path: str = ""


@dataclass(frozen=True)
class Iri:
    """A thing, by its whole address or as `prefix:name`."""

    text: str


@dataclass(frozen=True)
class Literal:
    text: str
    kind: str  # of `xsd`


Triple = tuple[Iri, str, Iri | Literal]


def triples(path: str, base: str, measured: Iterable[Measured]) -> list[Triple]:
    """What the vocabulary says of a product.

    Args:
        path: of the product's page.
        base: the portal's address without the last slash.
    """
    product = Iri(_address(base, path))
    found: list[Triple] = [(product, "rdf:type", Iri("dcat:Resource"))]
    dimensions = set()
    for each in measured:
        found += _measurement(product, base, each)
        if each.dimension and each.dimension not in dimensions:
            dimensions.add(each.dimension)
            dimension = _dimension(each.dimension)
            label = Literal(each.dimension.capitalize(), "string")
            found.append((dimension, "rdf:type", Iri("dqv:Dimension")))
            found.append((dimension, "skos:prefLabel", label))
    return list(dict.fromkeys(found))


def _measurement(product: Iri, base: str, each: Measured) -> Iterator[Triple]:
    if each.path:
        metric = Iri(_address(base, each.path))
        name, text = f"check-{each.path.rstrip('/').rpartition('/')[2]}", each.name
    elif each.dimension:
        metric, name, text = Iri(f"{URN}metric:{each.dimension}"), each.dimension, PART
    else:
        metric, name, text = Iri(f"{URN}metric:score"), "score", SCORE
    figure = Iri(f"{product.text}#quality-{name}")
    yield product, "dqv:hasQualityMeasurement", figure
    yield figure, "rdf:type", Iri("dqv:QualityMeasurement")
    yield figure, "dqv:computedOn", product
    yield figure, "dqv:isMeasurementOf", metric
    yield figure, "dqv:value", Literal(repr(float(each.value)), "double")
    if each.at is not None:
        yield figure, "prov:generatedAtTime", Literal(each.at.isoformat(), "dateTime")
    yield metric, "rdf:type", Iri("dqv:Metric")
    yield metric, "skos:definition", Literal(text, "string")
    yield metric, "dqv:expectedDataType", Iri("xsd:double")
    if each.dimension:
        yield metric, "dqv:inDimension", _dimension(each.dimension)


def as_json_ld(said: Sequence[Triple]) -> dict[str, Any]:
    """A graph whose context is inside, so that nobody has to fetch anything to read it."""
    nodes: dict[str, dict[str, Any]] = {}
    for subject, predicate, thing in said:
        node = nodes.setdefault(subject.text, {"@id": subject.text})
        if predicate == "rdf:type":
            node.setdefault("@type", []).append(thing.text)
        elif isinstance(thing, Iri):
            node.setdefault(predicate, []).append({"@id": thing.text})
        elif thing.kind == "string":
            node.setdefault(predicate, []).append({"@value": thing.text})
        else:
            value = {"@value": thing.text, "@type": f"xsd:{thing.kind}"}
            node.setdefault(predicate, []).append(value)
    return {"@context": dict(PREFIXES), "@graph": list(nodes.values())}


def as_turtle(said: Sequence[Triple]) -> str:
    """The same statements for people."""
    by_subject: dict[str, list[str]] = defaultdict(list)
    for subject, predicate, thing in said:
        verb = "a" if predicate == "rdf:type" else predicate
        by_subject[subject.text].append(f"    {verb} {_term(thing)}")
    lines = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    for name, statements in by_subject.items():
        lines += ["", _term(Iri(name)), " ;\n".join(statements) + " ."]
    return "\n".join(lines) + "\n"


def _term(thing: Iri | Literal) -> str:
    if isinstance(thing, Literal):
        text = json.dumps(thing.text, ensure_ascii=False)
        return text if thing.kind == "string" else f"{text}^^xsd:{thing.kind}"
    return thing.text if thing.text.partition(":")[0] in PREFIXES else f"<{thing.text}>"


def _dimension(name: str) -> Iri:
    return Iri(f"{URN}dimension:{quote(name)}")


def _address(base: str, path: str) -> str:
    return f"{base}{quote(path, safe=SAFE)}"
