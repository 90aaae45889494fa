"""Real files of the standards, outside the repository; see `shared/standards/README.md` there."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("MESHPORT_STANDARDS") or ROOT.parent / "shared" / "standards")


@dataclass(frozen=True)
class Example:
    path: Path
    declared: str | None
    expected_valid: bool  # by the official schema of the declared version
    latest_valid: bool | None
    is_semantic: bool  # the schema accepts it, its source says it must be refused

    def __str__(self) -> str:
        return self.path.name

    @property
    def media(self) -> str:
        return "json" if self.path.suffix == ".json" else "yaml"


def require_folder() -> None:
    """Skip visibly where the folder is absent; in CI that is a failure."""
    if FOLDER.is_dir():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"The standards are not in {FOLDER}.")
    pytest.skip(f"The standards are not in {FOLDER}; set MESHPORT_STANDARDS.")


def examples(standard: str) -> list[Example | None]:
    """Every example; a single None where the folder is absent, so that one test says so."""
    folder = FOLDER / "examples" / standard
    if not folder.is_dir():
        return [None]
    verdicts = json.loads((folder / "EXPECTED.json").read_text())
    return [_example(folder / name, verdict) for name, verdict in sorted(verdicts.items())]


def official_schema(standard: str, name: str) -> dict[str, Any]:
    require_folder()
    return dict(json.loads((FOLDER / "schemas" / standard / name).read_text()))


def _example(path: Path, verdict: dict[str, Any]) -> Example:
    latest = [value for key, value in verdict.items() if key.startswith("under_latest")]
    return Example(
        path=path,
        declared=verdict.get("apiVersion"),
        expected_valid=verdict["expected"] == "valid",
        latest_valid=latest[0] == "valid" if latest else None,
        is_semantic=bool(verdict.get("semantic")),
    )


# `format` is a word too: in draft 2019-09 it asserts nothing.
_WORDS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples"}) | frozenset(
    {"default", "deprecated", "format"}
)


def rules_of(schema: dict[str, Any], *, written_out: frozenset[str]) -> dict[str, Any]:
    """What a schema demands, without words and order: the root and each definition in use.

    References to the definitions in `written_out` are replaced by what they refer to.
    """
    used: dict[str, Any] = {}

    def visit(node: Any, *, has_names: bool = False) -> Any:
        if isinstance(node, list):
            parts = [visit(each) for each in node]
            return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name in written_out:
            return visit(schema["$defs"][name])
        if "$ref" in node and name not in used:
            used[name] = None
            used[name] = visit(_definition(schema, name))
        return {
            key: visit(value, has_names=key == "properties")
            for key, value in node.items()
            if has_names or key not in _WORDS | {"$defs"}
        }

    return {"": visit(schema), **used}


def _definition(schema: dict[str, Any], name: str) -> Any:
    node: Any = schema["$defs"]
    for step in name.split("/"):
        node = node[step]
    return node
