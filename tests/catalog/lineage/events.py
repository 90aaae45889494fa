"""OpenLineage events for tests."""

from uuid import uuid4

NAMESPACE = "postgres://warehouse:5432"
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
BASE = {"_producer": "https://example.org/job", "_schemaURL": "https://example.org/facet.json"}


def named(dataset, **facets):
    """A dataset of the warehouse; facets get what each must have."""
    found = {"namespace": NAMESPACE, "name": dataset}
    return found | (
        {"facets": {key: {**BASE, **each} for key, each in facets.items()}} if facets else {}
    )


def event(inputs=(), outputs=(), *, run_id=None, kind="COMPLETE", **changes):
    """A run event; names are datasets of the warehouse, and None leaves a key out."""

    def dataset(given):
        return named(given) if isinstance(given, str) else given

    body = {
        "eventType": kind,
        "eventTime": "2026-11-20T10:00:00Z",
        "producer": "https://example.org/job",
        "schemaURL": SPEC,
        "run": {"runId": str(run_id or uuid4())},
        "job": {"namespace": "etl", "name": "load"},
        "inputs": list(map(dataset, inputs)),
        "outputs": list(map(dataset, outputs)),
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def columns(**fields):
    """A columnLineage facet: `target="dataset.field"`, or several of them."""

    def source(text, transformations):
        dataset, _, field = text.rpartition(".")
        found = {"namespace": NAMESPACE, "name": dataset, "field": field}
        return found | ({"transformations": transformations} if transformations else {})

    def entry(given):
        pairs = [(each, None) if isinstance(each, str) else each for each in given]
        return {"inputFields": [source(*pair) for pair in pairs]}

    listed = {key: [value] if isinstance(value, str) else value for key, value in fields.items()}
    return {"fields": {key: entry(value) for key, value in listed.items()}}
