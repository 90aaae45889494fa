"""Scaffolds: from a spec to the files that a repository shall hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.documents import load_documents
from provisioning.drivers.git.filling import (
    Value,
    filled_path,
    filled_text,
    is_wanted,
    require_known,
)
from provisioning.drivers.git.paths import require_plain
from provisioning.drivers.git.specs import MAX_FILES, repository_name
from provisioning.drivers.protocol import PermanentError, Step

FOLDER: Final = Path(__file__).parent / "scaffolds"
ABOUT = "scaffold.yaml"
MAX_BYTES = 2_000_000  # of one repository's files
DEFAULT = "sql"


@dataclass(frozen=True)
class Scaffold:
    """Files with placeholders; `values` are the names it uses and what they are if not given."""

    values: Mapping[str, Value]
    files: Mapping[str, Any]  # path: text, or {"text", "when"}


def names() -> list[str]:
    """The built-in scaffolds."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{ABOUT}"))


@cache
def built_in(name: str) -> Scaffold:
    """Raises: PermanentError: there is none of that name."""
    if name not in names():
        raise PermanentError(f"There is no scaffold “{name}”; there are {', '.join(names())}.")
    (document,) = load_documents((FOLDER / name / ABOUT).read_bytes(), media="yaml")
    about, folder = document.data, FOLDER / name / "files"
    texts = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    conditions = about.get("when", {})
    files = {path: {"text": text, "when": conditions.get(path, {})} for path, text in texts.items()}
    return Scaffold(about.get("values", {}), files)


def files_of(step: Step, descriptors: Mapping[str, str]) -> dict[str, bytes]:
    """`{path: content}`: the scaffold's files, the team's own over them, then documents.

    Raises:
        PermanentError: a path is not plain, a value is missing or not fit, or it is too much.
    """
    scaffold, values = _scaffold(step)
    made: dict[str, str] = {}
    for path, item in scaffold.files.items():
        text, when = (item, {}) if isinstance(item, str) else (item["text"], item.get("when", {}))
        if is_wanted(when, values):
            filled = filled_path(path, values)
            made[filled] = filled_text(filled, text, values)
    made |= {**descriptors, **step.spec.get("documents", {})}
    require_plain(made)
    return _encoded(made)


def judge(step: Step) -> None:
    """Raises: PermanentError: the scaffold is refused, also in files that are left out here."""
    files_of(step, {})
    scaffold, values = _scaffold(step)
    for path, item in scaffold.files.items():
        text = item if isinstance(item, str) else item["text"]
        require_known(path + text, values)


_NOTHING: Final = Scaffold({}, {})


def _scaffold(step: Step) -> tuple[Scaffold, dict[str, Value]]:
    """The files of both, the team's own over the built-in ones; and all values."""
    spec = step.spec
    found = built_in(spec.get("scaffold") or DEFAULT) if _uses_built_in(spec) else _NOTHING
    values = {**found.values, **_known(step), **spec.get("values", {})}
    return Scaffold(values, {**found.files, **spec.get("files", {})}), values


def _uses_built_in(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("scaffold")) or not spec.get("files")


def _known(step: Step) -> dict[str, Value]:
    slug = step.spec["slug"]
    return {
        "slug": slug,
        "title": step.spec.get("title") or slug,
        "description": step.spec.get("description") or "",
        "repository": repository_name(step),
        "instance": str(step.instance_id),
    }


def _encoded(texts: Mapping[str, str]) -> dict[str, bytes]:
    try:
        files = {path: text.encode() for path, text in texts.items()}
    except UnicodeError as error:
        raise PermanentError("A file holds characters that cannot be stored.") from error
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise PermanentError(
            f"The repository would begin with more than {MAX_FILES} files or {MAX_BYTES:,} bytes."
        )
    if not files:
        raise PermanentError("The scaffold makes no file.")
    return files
