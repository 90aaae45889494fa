"""The documentation names what there is."""

import re
from pathlib import Path

import pytest

from core.documents import load_documents
from core.errors import DomainError
from portal.urls import urlpatterns as _urls  # noqa: F401 - every room is loaded
from provisioning.drivers import registry

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
# Set by the runtime for its own processes, never by people.
INTERNAL = {"PORTAL_AS_OWNER", "PORTAL_DB_POOL", "PORTAL_STATIC_BUILT", "PORTAL_STATIC_ROOT"}


def settings_read() -> set[str]:
    source = (PROJECT / "portal" / "settings.py").read_text()
    found = re.findall(r'(?:environ\.get|flag|names)\(\s*"([A-Z_]+)"', source)
    return set(found) - INTERNAL


@pytest.mark.parametrize("name", sorted(settings_read()))
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in README


def test_every_command_of_run_is_in_the_readme():
    listed = re.search(r'^commands="([^"]+)"', (PROJECT / "run").read_text(), re.MULTILINE)

    missing = [name for name in listed.group(1).split() if f"`./run {name}" not in README]

    assert missing == []


def descendants(error: type) -> set[type]:
    return {error}.union(*(descendants(child) for child in error.__subclasses__()))


def test_every_problem_type_is_in_the_reference():
    reference = (PROJECT / "docs" / "reference" / "problems.md").read_text()
    codes = {error.code for error in descendants(DomainError) - {DomainError}}

    assert sorted(code for code in codes if f"/problems/{code}`" not in reference) == []


def test_every_driver_is_in_the_reference():
    reference = (PROJECT / "docs" / "reference" / "drivers.md").read_text()

    assert [name for name in registry.versions() if f"| `{name}` |" not in reference] == []


def keys(schema: object) -> set[str]:
    """Every name that a blueprint document may use, by its own schema."""
    if isinstance(schema, list):
        return {name for each in schema for name in keys(each)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties") or {}
    rest = [each for name, each in schema.items() if name != "properties"]
    return set(named).union(*(keys(each) for each in [*rest, *named.values()]))


def test_every_key_of_a_blueprint_is_in_the_reference():
    shape = PROJECT / "provisioning" / "blueprints" / "formats" / "blueprint.schema.yaml"
    reference = (PROJECT / "docs" / "reference" / "blueprint.md").read_text()
    names = keys(load_documents(shape.read_text())[0].data)

    missing = [name for name in names if not re.search(rf"(?<!\w){re.escape(name)}\b", reference)]
    assert missing == []
    assert len(names) > 40
