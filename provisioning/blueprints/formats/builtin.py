"""The blueprints that come with the portal."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from provisioning.blueprints.formats.document import BlueprintDoc, blueprint_in

BUILTIN = Path(__file__).resolve().parent.parent / "builtin"


@cache
def builtin() -> dict[str, str]:
    """`{name: text}`, in the order of names."""
    return {path.stem: path.read_text() for path in sorted(BUILTIN.glob("*.yaml"))}


def needed_targets(document: BlueprintDoc) -> list[tuple[str, str]]:
    """`(driver, slug)` of the targets that its steps name."""
    named = [
        (each.driver, str(each.spec["target"])) for each in document.steps if "target" in each.spec
    ]
    return list(dict.fromkeys(named))


def builtin_documents() -> dict[str, BlueprintDoc]:
    """`{name: document}`; read once a process."""
    return {name: blueprint_in(text) for name, text in builtin().items()}
