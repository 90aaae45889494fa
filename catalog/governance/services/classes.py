"""Writing the list of classes."""

from __future__ import annotations

from django.db import transaction

from accounts.actors import Actor
from catalog.governance import policies
from catalog.governance.models import ClassificationLevel
from catalog.governance.names import slug_of
from core import audit
from core.errors import Invalid
from core.problems import Problem

LONGEST_SLUG = 20
LONGEST_NAME = 60
MAX_RANK = 100
MAX_LEVELS = 12


@transaction.atomic
def put_level(
    *,
    actor: Actor,
    name: str,
    meaning: str,
    rank: int,
    slug: str = "",
    is_active: bool = True,
    needs_legal_basis: bool = False,
) -> ClassificationLevel:
    """Name and describe a class; one without `slug` is new. A class in use is never removed.

    Raises:
        NotAllowed: `actor` is no steward.
        Invalid: the name is missing or too long, the rank is no rank, or the list is full.
    """
    policies.require_govern(actor, None)
    known = ClassificationLevel.objects.select_for_update().filter(slug=slug).first()
    made = known or ClassificationLevel(slug=slug_of(name)[:LONGEST_SLUG].rstrip("-"))
    problems = _problems(made, name, meaning, rank, is_new=known is None, asked=slug)
    if problems:
        raise Invalid("The class cannot be saved like that.", problems)
    made.name, made.meaning = name.strip(), meaning.strip()
    made.rank, made.is_active = rank, is_active
    made.needs_legal_basis = needs_legal_basis
    made.save()
    audit.record(
        actor=actor.name,
        verb="classification.saved",
        kind="classification",
        object_id=made.slug,
        name=made.name,
        rank=rank,
        is_active=is_active,
        needs_legal_basis=needs_legal_basis,
    )
    return made


def _problems(
    level: ClassificationLevel, name: str, meaning: str, rank: int, *, is_new: bool, asked: str
) -> list[Problem]:
    found = []
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        message = f"Give the class a name of {LONGEST_NAME} characters at most."
        found.append(Problem("/name", "empty-value", message))
    if "\0" in name + meaning:
        found.append(Problem("/meaning", "value-not-storable", "Remove the null character."))
    if not 0 <= rank <= MAX_RANK:
        found.append(Problem("/rank", "out-of-range", f"Give a rank from 0 to {MAX_RANK}."))
    if asked and is_new:
        found.append(Problem("/slug", "unknown-class", f"There is no class “{asked[:40]}”."))
    if is_new and ClassificationLevel.objects.filter(slug=level.slug).exists():
        found.append(Problem("/name", "name-taken", "There is a class of this name."))
    if is_new and ClassificationLevel.objects.count() >= MAX_LEVELS:
        found.append(Problem("/name", "too-many", f"There are {MAX_LEVELS} classes already."))
    return found
