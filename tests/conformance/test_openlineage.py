"""Public OpenLineage events through the official client and as raw posts, at a live server."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from openlineage.client import OpenLineageClient
from openlineage.client.transport.http import (
    ApiKeyTokenProvider,
    HttpCompression,
    HttpConfig,
    HttpTransport,
)

from accounts.services import create_token
from catalog.lineage.models import LineageEvent
from tests.conformance.corpus import FOLDER, require_folder
from tests.factories import TeamFactory, member_of

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = FOLDER / "examples" / "openlineage"
VERDICTS = (
    json.loads((EXAMPLES / "EXPECTED.json").read_text()) if EXAMPLES.is_dir() else {"none": {}}
)
EVENTS = sorted(name for name in VERDICTS if name.startswith(("events/", "none")))
FACETS = sorted(name for name in VERDICTS if name.startswith(("facets/", "none")))
BATCHES = sorted(name for name in VERDICTS if name.startswith(("batches/", "none")))
# Without what no event can lack; each has it under another name or a placeholder.
REFUSED = {
    "events/compat-simple_run_event__simple_run_event.json": "/run/runId",
    "events/datahub__tests__integration__matillion_dpc__setup__lineage_events_sql_parsing.json": (
        "/eventTime"
    ),
    "events/flink__flink1__expected_failed.json": "/eventTime",
    "events/flink__flink2__expected_kafka_topic_pattern.json": "/eventTime",
}
PLACES = {"RunFacet": "run", "JobFacet": "job", "LineageFa": "job"}
ERROR = re.compile(r"^(run|job|(?:inputs|outputs)\[\d+\]\.\w+)\.[^/]+(/.+): '(.+)' is a required")


@pytest.fixture
def token() -> str:
    _, text = create_token(user=member_of(TeamFactory()), name="ol", scopes=["lineage:write"])
    return text


@pytest.fixture
def post(live_server, token):
    def send(path: str, body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(
            f"{live_server.url}/api/v1/{path}", json=body, headers=headers, timeout=30
        )

    return send


def pointer_of(error: str) -> str:
    """`outputs[0].facets.ownership/ownership/owners/0: 'name' is…` → its JSON pointer."""
    found = ERROR.match(error)
    assert found, error
    place, rest, name = found.groups()
    place = place if "[" in place else f"{place}.facets"
    return "/" + re.sub(r"\[(\d+)\]", r"/\1", place).replace(".", "/") + f"{rest}/{name}"


def read(name: str) -> Any:
    require_folder()
    return json.loads((EXAMPLES / name).read_text())


def test_events_are_taken_and_every_wrong_facet_is_named(post) -> None:
    require_folder()
    for name in EVENTS:
        body, verdict = read(name), VERDICTS[name]

        answer = post("lineage", body)

        told = answer.json()
        if name in REFUSED:
            assert answer.status_code == 422, name
            assert told["problems"][0]["pointer"] == REFUSED[name]
            warnings = [f"{each['pointer']} {each['message']}" for each in told["problems"][1:]]
        else:
            assert answer.status_code == 201, (name, told)
            warnings = told["warnings"]
            kept = LineageEvent.objects.order_by("pk").last()
            assert told["duplicate"] or (kept.document, kept.warnings) == (body, warnings)
        named = {pointer_of(error) for error in verdict.get("facet_errors_vs_newest_spec", [])}
        ours = facet_warnings(warnings)
        assert named <= ours, name
        assert all(each.endswith(("/_producer", "/_schemaURL")) for each in ours - named), name
        if verdict["expected_with_facet_schemas"] == "valid":
            assert ours == set(), name
        if verdict["expected"] == "invalid" and name not in REFUSED:
            assert any(text.endswith("is missing") for text in warnings), name
        assert post("lineage", body).status_code == answer.status_code  # a repeat is no error


def facet_warnings(warnings: list[str]) -> set[str]:
    """Pointers; a run that is its own parent is allowed by the schema and no use to a reader."""
    found = [text for text in warnings if "acets/" in text and "its own parent" not in text]
    return {text.split()[0] for text in found}


def test_the_official_client_delivers_them(live_server, token: str) -> None:
    require_folder()
    config = HttpConfig(
        url=live_server.url,
        auth=ApiKeyTokenProvider({"apiKey": token}),
        compression=HttpCompression.GZIP,
    )
    transport: Any = OpenLineageClient(transport=HttpTransport(config)).transport
    for name in EVENTS:
        before = LineageEvent.objects.count()
        if name in REFUSED:
            with pytest.raises(requests.HTTPError, match="422"):
                transport.emit(read(name))
            assert LineageEvent.objects.count() == before
        else:
            assert transport.emit(read(name)).status_code == 201, name
    assert LineageEvent.objects.count() > 50


def test_a_valid_facet_brings_no_warning(post) -> None:
    require_folder()
    for n, name in enumerate(FACETS):
        facet = read(name)
        place = PLACES.get(_kind(name), "outputs")
        dataset = {"namespace": "file", "name": "x"}
        body: dict[str, Any] = {
            "eventType": "COMPLETE",
            "eventTime": f"2026-11-20T10:00:{n:02}Z",
            "producer": "p",
            "schemaURL": "s",
            "run": {"runId": "11111111-1111-1111-1111-111111111111"},
            "job": {"namespace": "n", "name": "j"},
            "outputs": [dataset],
        }
        if place == "outputs":
            body["outputs"] = [{**dataset, "facets": facet}]
        else:
            body[place]["facets"] = facet

        answer = post("lineage", body)

        assert answer.status_code == 201
        kept = [text for text in answer.json()["warnings"] if "kept with the event" not in text]
        assert kept == [], name


def _kind(name: str) -> str:
    stem = Path(name).stem.split("__")[0]
    return "LineageFa" if stem == "LineageFacet" else stem[-8:]


@pytest.mark.parametrize("name", BATCHES, ids=lambda name: Path(name).stem)
def test_a_public_batch_is_judged_event_by_event(post, name: str) -> None:
    text = json.dumps(read(name))
    text = re.sub(r'"runId": "\{\{[^}]*\}\}"', f'"runId": "{uuid4()}"', text)
    text = re.sub(r"\{\{[^}]*\}\}", "2026-11-20T10:00:00Z", text)

    answer = post("lineage/batch", json.loads(text))

    told = answer.json()
    assert answer.status_code == 200
    assert told["summary"]["received"] == VERDICTS[name]["n"]
    assert told["summary"]["successful"] == VERDICTS[name]["n"]
    assert told["failed_events"] == []
