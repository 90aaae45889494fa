"""Publishing a capability as a blueprint, and taking it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor, system_actor
from accounts.models import Team
from catalog.products.names import slug_problem
from catalog.search import services as search
from catalog.search.services import EntryData
from core import audit, outbox
from core.clock import db_now
from core.documents import Document, DocumentError
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.models import OutboxEvent
from core.problems import Problem
from provisioning.blueprints import policies
from provisioning.blueprints.formats.builtin import builtin, builtin_documents, needed_targets
from provisioning.blueprints.formats.document import BlueprintDoc, parse_blueprint, read_blueprint
from provisioning.blueprints.formats.judging import blueprint_problems
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.selectors.fitting import fit_problems, has_targets
from provisioning.drivers.models import Target

TAKEN = frozenset({"register", "from-broker"})  # addresses below /services/ and /blueprints/


@transaction.atomic
def register_blueprint(*, text: str, owner: Team, actor: Actor) -> tuple[BlueprintVersion, str]:
    """Make a blueprint, or the next version of one, available to everybody.

    Returns:
        the version and what happened: "create", "update" or "unchanged".

    Raises:
        NotAllowed: the actor may not publish for `owner`, or another team owns the blueprint.
        Invalid: problems with pointer and line; nothing was changed.
    """
    policies.require_register(actor, owner)
    document, blueprint = check_blueprint(text=text, owner=owner)
    row = Blueprint.objects.select_for_update().filter(slug=blueprint.name).first()
    if row is not None and row.owner_id != owner.pk:
        raise NotAllowed(f"The blueprint “{row}” belongs to {row.owner}.", blueprint=row.slug)
    is_same = row is not None and row.current is not None and row.current.text == document.text
    if row is not None and row.current is not None and is_same and row.withdrawn_at is None:
        return row.current, "unchanged"
    number = row.current.number if row and row.current and is_same else _number(row, document)
    action = "create" if row is None else "update"
    row = row or Blueprint(slug=blueprint.name, owner=owner)
    version = _saved(row, blueprint, document, actor, number)
    _tell(row, actor, "blueprint.registered", version=version.number)
    return version, action


def register_builtin(*, actor: Actor, owner_team: Team) -> list[BlueprintVersion]:
    """Register the blueprints that come with the portal; doing it again changes nothing.

    Those that name a target wait until the team has registered one of that name.
    """
    documents = builtin_documents()
    return [
        register_blueprint(text=text, owner=owner_team, actor=actor)[0]
        for name, text in builtin().items()
        if has_targets(documents[name], owner_team)
    ]


def offer_waiting(event: OutboxEvent) -> None:
    """Offer the built-in blueprints that waited for this target, when their team registers it."""
    slug = event.payload["target"]
    target = Target.objects.filter(slug=slug).select_related("owner").first()
    known = dict(Blueprint.objects.filter(slug__in=builtin()).values_list("slug", "owner_id"))
    if target is None or target.owner_id not in known.values():
        return
    for name, document in builtin_documents().items():
        waits = name not in known and (target.driver, slug) in needed_targets(document)
        if waits and has_targets(document, target.owner):
            register_blueprint(text=builtin()[name], owner=target.owner, actor=system_actor())


@transaction.atomic
def withdraw_blueprint(*, blueprint: Blueprint, actor: Actor) -> Blueprint:
    """Nobody can ask for it any more; what it made lives on and can be changed and retired.

    Registering any version again offers it again.

    Raises:
        NotAllowed: the actor may not publish for its owner.
        InvalidTransition: it is withdrawn already.
    """
    policies.require_register(actor, blueprint.owner)
    withdrawn = Blueprint.objects.filter(pk=blueprint.pk, withdrawn_at__isnull=True)
    if not withdrawn.update(withdrawn_at=db_now()):
        raise InvalidTransition(f"“{blueprint}” is withdrawn already.", blueprint=blueprint.slug)
    blueprint.refresh_from_db()
    search.remove(kind="blueprint", object_id=blueprint.slug)
    _tell(blueprint, actor, "blueprint.withdrawn")
    return blueprint


def check_blueprint(*, text: str, owner: Team) -> tuple[Document, BlueprintDoc]:
    """The document, when there is nothing wrong with it; changes nothing.

    Raises:
        Invalid: problems with pointer and line.
    """
    try:
        document = read_blueprint(text)
    except DocumentError as error:
        raise Invalid("The blueprint cannot be read.", error.problems) from error
    problems = blueprint_problems(document)
    if problems:
        raise Invalid("The blueprint cannot be registered.", problems)
    blueprint = parse_blueprint(document.data)
    problems = [*_owner_problems(document, blueprint, owner)]
    problems += fit_problems(document, blueprint, owner)
    if problems:
        raise Invalid("The blueprint cannot be registered.", problems)
    return document, blueprint


def _owner_problems(document: Document, blueprint: BlueprintDoc, owner: Team) -> list[Problem]:
    found = []
    taken = slug_problem(blueprint.name, "/name")
    if taken or blueprint.name in TAKEN:
        message = "This name is reserved; choose another."
        found.append(taken or Problem("/name", "reserved-name", message))
    named = document.data.get("owner")
    if named and named != owner.slug:
        message = f"The document says {named}, and it is registered for {owner.slug}."
        found.append(Problem("/owner", "other-owner", message))
    _, decider = blueprint.deciders
    if decider and not Team.objects.filter(slug=decider).exists():
        found.append(Problem("/approval", "unknown-team", f"There is no team {decider}."))
    return [replace(each, line=document.line_of(each.pointer)) for each in found]


def _number(row: Blueprint | None, document: Document) -> int:
    """The number that the document gives itself, or the next one."""
    last = row.current.number if row and row.current else 0
    number: int = document.data.get("version", last + 1)
    if number > last:
        return number
    code = "version-content-differs" if number == last else "version-not-higher"
    message = f"Version {last} is the newest and its text is another; give this one {last + 1}."
    line = document.line_of("/version")
    raise Invalid("The version is taken.", [Problem("/version", code, message, line=line)])


def _saved(
    row: Blueprint, blueprint: BlueprintDoc, document: Document, actor: Actor, number: int
) -> BlueprintVersion:
    row.title, row.summary, row.icon = blueprint.title, blueprint.summary, blueprint.icon
    row.withdrawn_at = None
    row.save()
    if row.current is None or row.current.number != number:
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


def _tell(row: Blueprint, actor: Actor, verb: str, **detail: Any) -> None:
    audit.record(actor=actor.name, verb=verb, kind="blueprint", object_id=row.slug, **detail)
    outbox.emit("blueprint.changed", key=row.slug, blueprint=row.slug, verb=verb, **detail)


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
