"""Publishing a capability as a blueprint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Team
from catalog.search import services as search
from catalog.search.services import EntryData
from core import audit
from core.documents import Document, DocumentError
from core.errors import Invalid, NotAllowed
from core.problems import Problem
from provisioning.blueprints import policies
from provisioning.blueprints.formats.document import (
    BlueprintDoc,
    blueprint_problems,
    parse_blueprint,
    read_blueprint,
)
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.drivers.protocol import PermanentError
from provisioning.drivers.registry import get_driver

BUILTIN = Path(__file__).resolve().parent.parent / "builtin"


@transaction.atomic
def register_blueprint(*, text: str, owner: Team, actor: Actor) -> tuple[BlueprintVersion, str]:
    """Make a blueprint, or the next version of one, available to everybody.

    Returns:
        the version and what happened: "create", "update" or "unchanged".

    Raises:
        NotAllowed: the actor may not act for `owner`, or another team owns the blueprint.
        Invalid: problems with pointer and line; nothing was changed.
    """
    policies.require_register(actor, owner)
    document = _checked(text)
    blueprint = parse_blueprint(document.data)
    row = Blueprint.objects.select_for_update().filter(slug=blueprint.name).first()
    if row is not None and row.owner_id != owner.pk:
        raise NotAllowed(f"The blueprint “{row}” belongs to {row.owner}.", blueprint=row.slug)
    if row is not None and row.current is not None and row.current.text == document.text:
        return row.current, "unchanged"
    action = "create" if row is None else "update"
    row = row or Blueprint(slug=blueprint.name, owner=owner)
    version = _saved(row, blueprint, document, actor)
    audit.record(
        actor=actor.name,
        verb="blueprint.registered",
        kind="blueprint",
        object_id=row.slug,
        version=version.number,
    )
    return version, action


def register_builtin(*, actor: Actor, owner_team: Team) -> list[BlueprintVersion]:
    """Register the blueprints that come with the portal; doing it again changes nothing."""
    return [
        register_blueprint(text=path.read_text(), owner=owner_team, actor=actor)[0]
        for path in sorted(BUILTIN.glob("*.yaml"))
    ]


def _checked(text: str) -> Document:
    try:
        document = read_blueprint(text)
    except DocumentError as error:
        raise Invalid("The blueprint cannot be read.", error.problems) from error
    problems = blueprint_problems(document) or list(_driver_problems(document))
    if problems:
        raise Invalid("The blueprint cannot be registered.", problems)
    return document


def _driver_problems(document: Document) -> Iterator[Problem]:
    for index, step in enumerate(document.data["steps"]):
        pointer = f"/steps/{index}/{_unknown_part(step)}"
        if not pointer.endswith("/"):
            message = f"No driver here can do {step['driver']}/{step['action']}."
            line = document.line_of(pointer)
            yield Problem(pointer, "unknown-action", message, line=line)


def _unknown_part(step: Mapping[str, Any]) -> str:
    try:
        driver = get_driver(step["driver"])
    except PermanentError:
        return "driver"
    return "" if step["action"] in driver.actions else "action"


def _saved(
    row: Blueprint, blueprint: BlueprintDoc, document: Document, actor: Actor
) -> BlueprintVersion:
    row.title, row.summary, row.icon = blueprint.title, blueprint.summary, blueprint.icon
    row.save()
    number = row.current.number + 1 if row.current else 1
    row.current = BlueprintVersion.objects.create(
        blueprint=row,
        number=number,
        text=document.text,
        document=document.data,
        created_by=actor.name,
    )
    row.save(update_fields=["current"])
    search.index(_entry(row))
    return row.current


def _entry(row: Blueprint) -> EntryData:
    """What a blueprint shows of itself in search; all members see all of them."""
    return EntryData(
        kind="blueprint",
        object_id=row.slug,
        fqn=row.slug,
        name=row.title,
        summary=row.summary,
        owner_team_id=row.owner_id,
        owner_slug=row.owner.slug,
        owner_name=row.owner.name,
        url=row.get_absolute_url(),
        updated_at=timezone.now(),
    )
