"""Public dbt projects: our graph is the one that dbt itself wrote into the manifest."""

import json
from pathlib import Path

import pytest

from catalog.lineage.formats.dbt import dataset_of, parse_manifest
from catalog.lineage.ingestion.dbt import ingest_dbt
from catalog.lineage.models import ColumnEdge, Dataset, DatasetEdge
from tests.conformance.corpus import FOLDER, require_folder
from tests.factories import TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
MANIFESTS = sorted((FOLDER / "examples" / "dbt").glob("*/manifest.json")) or [None]
DATA = ("model.", "seed.", "snapshot.", "source.", "exposure.")


def own_parent_map(manifest: dict) -> set[tuple[str, str]]:
    """What dbt says, of what holds data; ephemeral models are passed through."""
    parents = {
        child: [each for each in found if each.startswith(DATA)]
        for child, found in manifest["parent_map"].items()
        if child.startswith(DATA)
    }
    nodes = manifest["nodes"]
    ephemeral = {
        key
        for key in parents
        if nodes.get(key, {}).get("config", {}).get("materialized") == "ephemeral"
    }

    def real(child: str) -> set[str]:
        found = set()
        for parent in parents.get(child, []):
            found |= real(parent) if parent in ephemeral else {parent}
        return found

    return {
        (parent, child) for child in parents if child not in ephemeral for parent in real(child)
    }


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path and path.parent.name)
def test_the_graph_is_the_parent_map_of_the_project(path: Path | None) -> None:
    require_folder()
    assert path is not None
    manifest = json.loads(path.read_text())
    project = parse_manifest(manifest)

    taken = ingest_dbt(document=manifest, namespace="", actor=actor_for(member_of(TeamFactory())))

    ids = {
        dataset_of(node, taken.namespace, project.name): node.id for node in project.nodes.values()
    }
    rows = DatasetEdge.objects.filter(ended_at=None).values_list(
        "source__namespace", "source__name", "target__namespace", "target__name", "job__name"
    )
    built = {(ids[a, b], ids[c, d]) for a, b, c, d, _ in rows}
    assert built == own_parent_map(manifest)
    assert all(ids[c, d] == job for _, _, c, d, job in rows)
    assert taken.edges == len(built)
    assert not [warning for warning in taken.warnings if "left out" in warning]


def test_the_columns_of_a_public_project_are_known() -> None:
    require_folder()
    folder = FOLDER / "examples" / "dbt" / "datahub-jaffle"
    document = {
        name: json.loads((folder / f"{name}.json").read_text()) for name in ("manifest", "catalog")
    }

    taken = ingest_dbt(document=document, namespace="", actor=actor_for(member_of(TeamFactory())))

    rows = ColumnEdge.objects.values_list(
        "source__dataset__name", "source__name", "target__name", "transformation"
    )
    told = set(rows.filter(target__dataset__name__endswith=".customers"))
    project = "calm-pagoda-323403.jaffle_shop."
    assert (f"{project}stg_customers", "customer_id", "customer_id", "DIRECT/IDENTITY") in told
    money = (f"{project}stg_payments", "amount", "customer_lifetime_value", "DIRECT/AGGREGATION")
    assert money in told
    assert taken.column_edges == 31
    assert ColumnEdge.objects.count() == taken.column_edges
    assert Dataset.objects.exclude(fields=[]).exists()
