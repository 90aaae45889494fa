"""Targets as teams register, change and retire them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import SLUG_PATTERN, Team
from core import audit, outbox
from core.documents import unsafe_character
from core.errors import Conflict, DomainError, Invalid
from core.problems import Problem
from provisioning.drivers import policies
from provisioning.drivers.git.target import BUILT_IN as REPOSITORIES
from provisioning.drivers.models import Target
from provisioning.drivers.places import Opened, TargetKind
from provisioning.drivers.postgres.target import BUILT_IN as WAREHOUSE
from provisioning.drivers.registry import target_kinds
from provisioning.drivers.selectors import uses_of
from provisioning.drivers.services.checking import Health, keep_health, probed
from provisioning.drivers.targets import PARTS, form_problems, open_target, seal

RESERVED = frozenset({"new", WAREHOUSE, REPOSITORIES})
LONGEST_NAME = 120


@dataclass(frozen=True)
class TargetData:
    """What a team says of a target. Secrets that are left out, or empty, stay as they are."""

    slug: str
    name: str
    driver: str
    owner: Team
    config: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)


class TargetInUse(DomainError):
    """Things that were made in the target are still there."""

    code = "target-in-use"
    status = 409


def register_target(*, data: TargetData, actor: Actor, save_anyway: bool = False) -> Target:
    """Register a place to provision into, after it has answered.

    Args:
        save_anyway: also if it does not answer; its health then says so.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        Invalid: a field is wrong, the name is taken, or the target does not answer.
    """
    policies.require_target_for(actor, data.owner)
    kind = _kind(data)
    place = Opened(data.slug, _filled(data.config), _filled(data.secrets))
    _require([*_slug_problems(data.slug), *_name_problems(data), *form_problems(kind, place)])
    target = _new_or_former(data)
    health = _require_answer(kind, place, save_anyway)
    return _save(target, data, place, health, actor, verb="target.registered")


def change_target(
    *, target: Target, data: TargetData, actor: Actor, save_anyway: bool = False
) -> Target:
    """Make a target be as `data` says; slug and driver stay.

    Raises:
        NotAllowed: `actor` is no owner of its team, or of the one that shall own it.
        TargetInUse: it shall go to another team while something uses it.
        Invalid: a field is wrong, a secret has to be typed again, or the target does not answer.
        Conflict: somebody changed or retired it meanwhile.
    """
    policies.require_target_for(actor, target.owner)
    policies.require_target_for(actor, data.owner)
    if data.owner != target.owner:
        _require_unused(target, actor)
    kind = _kind(data)
    given = _filled(data.secrets)
    config = _filled(data.config)
    place = Opened(target.slug, config, {**open_target(target).secrets, **given})
    again = list(_again_problems(kind, target, config, given))
    _require([*_name_problems(data), *again, *form_problems(kind, place)])
    health = _require_answer(kind, place, save_anyway)
    return _save(target, data, place, health, actor, verb="target.changed")


@transaction.atomic
def retire_target(*, target: Target, actor: Actor) -> None:
    """Forget a target and its secrets; its name stays its team's.

    Steps and documents name targets, and must never come to mean one of another team.

    Raises:
        NotAllowed: `actor` is no owner of its team.
        TargetInUse: something is still in it or names it; the context has `count` and `used_by`.
    """
    policies.require_target_for(actor, target.owner)
    held = Target.objects.select_for_update().filter(pk=target.pk).first()
    if held is None:
        return
    _require_unused(held, actor)
    _told(held, actor, "target.retired")
    held.secret, held.config, held.retired_at = None, {}, timezone.now()
    held.healthy, held.health, held.checked_at, held.checked_by = None, "", None, ""
    held.save()


@transaction.atomic
def _save(
    target: Target, data: TargetData, place: Opened, health: Health, actor: Actor, *, verb: str
) -> Target:
    changed = sorted(
        name
        for name, value in {"name": data.name, "config": place.config, "owner": data.owner}.items()
        if getattr(target, name) != value
    )
    if verb == "target.changed":
        _require_unchanged(target)
    target.name, target.owner = data.name.strip(), data.owner
    target.config, target.updated_at = dict(place.config), timezone.now()
    seal(target, place.secrets)
    try:
        with transaction.atomic():
            target.save()
    except IntegrityError:
        _require([Problem("/slug", "name-taken", "There is a target of this name already.")])
    secrets = sorted(_filled(data.secrets))
    _told(target, actor, verb, changed=changed, secrets=secrets, driver=target.driver)
    keep_health(target, health, by=actor.name)
    if verb == "target.registered":
        outbox.emit(verb, key=target.slug, target=target.slug)
    target.refresh_from_db()
    return target


def _new_or_former(data: TargetData) -> Target:
    """A new row, or that of a target of this name which the team has retired."""
    former = Target.everything.filter(slug=data.slug).first()
    if former is None:
        return Target(slug=data.slug, driver=data.driver, owner=data.owner)
    if former.retired_at is None:
        raise _refused([Problem("/slug", "name-taken", "There is a target of this name already.")])
    if former.owner_id != data.owner.pk:
        message = f"The name is kept for {former.owner.name}, whose target it was."
        raise _refused([Problem("/slug", "name-taken", message)])
    former.driver, former.retired_at = data.driver, None
    return former


def _require_unchanged(target: Target) -> None:
    """While it was asked, somebody else may have written it."""
    rows = Target.objects.select_for_update().filter(pk=target.pk)
    if rows.values_list("updated_at", flat=True).first() != target.updated_at:
        raise Conflict("Somebody changed or retired this target just now. Look at it again.")


def _told(target: Target, actor: Actor, verb: str, **detail: Any) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="target",
        object_id=target.slug,
        name=target.name,
        team=target.owner.slug,
        **detail,
    )


def _require_unused(target: Target, actor: Actor) -> None:
    uses = uses_of(target, actor)
    if uses.count:
        used_by = [{"name": use.name, "url": use.url} for use in uses.shown]
        what = "1 thing uses" if uses.count == 1 else f"{uses.count:,} things use"
        message = f"{what} “{target.name}”. Remove what was made there, and what names it, first."
        raise TargetInUse(message, count=uses.count, used_by=used_by)


def _require(problems: list[Problem]) -> None:
    if problems:
        raise _refused(problems)


def _refused(problems: list[Problem]) -> Invalid:
    return Invalid("The target cannot be saved like that.", problems)


def _require_answer(kind: TargetKind, place: Opened, save_anyway: bool) -> Health:
    health = probed(kind, place)
    if not health.ok and not save_anyway:
        _require([Problem(kind.address, "not-reachable", health.message)])
    return health


def _kind(data: TargetData) -> TargetKind:
    kind = target_kinds().get(data.driver)
    if kind is None:
        known = ", ".join(target_kinds())
        message = f"Choose one of {known}."
        raise Invalid("There is no such driver.", [Problem("/driver", "unknown-driver", message)])
    return kind


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _slug_problems(slug: str) -> Iterator[Problem]:
    if not re.fullmatch(SLUG_PATTERN, slug) or "\n" in slug:
        message = "Use a to z, 0 to 9 and hyphens, a letter first, 63 characters at most."
        yield Problem("/slug", "bad-slug", message)
    elif slug in RESERVED:
        yield Problem("/slug", "reserved-name", "The portal uses this name itself.")


def _name_problems(data: TargetData) -> Iterator[Problem]:
    if not data.name.strip():
        yield Problem("/name", "empty-value", "Give the target a name.")
    elif len(data.name) > LONGEST_NAME:
        yield Problem("/name", "too-long", f"Use {LONGEST_NAME} characters at most.")
    elif unsafe_character(data.name):
        yield Problem("/name", "unsafe-name", "Remove the characters that cannot be seen.")


def _again_problems(
    kind: TargetKind, target: Target, config: Mapping[str, Any], given: Mapping[str, str]
) -> Iterator[Problem]:
    """Who moves a target must know its secrets: they would be sent to the new place."""
    part, _, name = kind.address.strip("/").partition("/")
    if part != PARTS[0] or target.config.get(name) == config.get(name):
        return
    for secret in open_target(target).secrets:
        if secret not in given:
            message = "Type it again: the address has changed."
            yield Problem(f"/secrets/{secret}", "secret-again", message)
