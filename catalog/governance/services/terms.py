"""Writing the glossary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from catalog.governance import policies
from catalog.governance.data import TermData
from catalog.governance.extensions import Shown, term_users
from catalog.governance.models import Term
from catalog.governance.names import slug_of
from catalog.search import services as search
from catalog.search.services import EntryData
from core import audit, outbox
from core.errors import Conflict, DomainError, Invalid
from core.problems import Problem

SEARCH_KIND = "term"
LONGEST_NAME = 120
LONGEST_DEFINITION = 20_000
MAX_SYNONYMS = 20
SHOWN_USES = 50  # in a refusal


@transaction.atomic
def put_term(*, data: TermData, actor: Actor, term: Term | None = None) -> Term:
    """Create a term, or make it be as `data` says.

    Raises:
        NotAllowed: `actor` may not govern the part of the company it is or was in.
        Invalid: something is missing or too long.
        Conflict: that part of the company has a term of this name.
    """
    if term is not None:
        policies.require_govern(actor, term.domain)
    policies.require_govern(actor, data.domain)
    problems = list(_problems(data))
    if problems:
        raise Invalid("The term cannot be saved like that.", problems)
    verb = "term.changed" if term else "term.created"
    kept = term or Term()
    kept.slug = slug_of(data.name)
    kept.name, kept.definition = data.name.strip(), data.definition.strip()
    kept.synonyms = _synonyms(data)
    kept.domain, kept.owner = data.domain, data.owner
    kept.updated_at = timezone.now()
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        where = data.domain.name if data.domain else "the company"
        raise Conflict(f"There is a term “{kept.name}” of {where} already.") from None
    reindex_term(kept)
    _told(kept, actor, verb)
    return kept


class TermInUse(DomainError):
    """Products name the term."""

    code = "term-in-use"
    status = 409


@transaction.atomic
def remove_term(*, term: Term, actor: Actor, detach: bool = False) -> None:
    """Delete a term.

    Args:
        detach: take it from what uses it; each keeps in its history that it had the term.

    Raises:
        NotAllowed: `actor` may not govern the part of the company it is in.
        TermInUse: it is in use and is not to be detached; the context has `count` and `used_by`.
    """
    policies.require_govern(actor, term.domain)
    term_id = term.pk
    Term.objects.select_for_update().filter(pk=term_id).first()  # so that nobody begins to use it
    for users in term_users():
        count = users.count(term_id)
        if count and not detach:
            raise _in_use(term, count, users.shown(actor, term_id, SHOWN_USES))
        if count:
            users.detach(actor, term_id)
    _told(term, actor, "term.removed")
    term.delete()
    search.remove(SEARCH_KIND, term_id)
    search.record_synonyms(source=_source(term_id), names=[])


def reindex_term(term: Term) -> None:
    """Write the search row and the synonyms of a term."""
    domain = term.domain
    search.index(
        EntryData(
            kind=SEARCH_KIND,
            object_id=str(term.pk),
            fqn=f"{domain.path}.{term.slug}" if domain else term.slug,
            name=term.name,
            url=term.get_absolute_url(),
            updated_at=term.updated_at,
            domain_path=domain.path if domain else "",
            domain_name=domain.name if domain else "",
            owner_team_id=term.owner_id,
            owner_slug=term.owner.slug,
            owner_name=term.owner.name,
            summary=term.definition[:500],
            text=term.definition,
            terms=term.synonyms,
        )
    )
    search.record_synonyms(source=_source(term.pk), names=[term.name, *term.synonyms])


def _in_use(term: Term, count: int, shown: Sequence[Shown]) -> TermInUse:
    used_by = [{"fqn": each.fqn, "name": each.name, "url": each.url} for each in shown]
    use = "1 product uses" if count == 1 else f"{count:,} products use"
    message = f"{use} “{term.name}”. Take it from them first, or ask for that with `detach=true`."
    return TermInUse(message, count=count, used_by=used_by)


def _source(term_id: object) -> str:
    return f"term:{term_id}"


def _synonyms(data: TermData) -> list[str]:
    """Each once, without the name itself."""
    given = (each.strip() for each in data.synonyms)
    own = data.name.strip().lower()
    found = {each.lower(): each for each in given if each and each.lower() != own}
    return list(found.values())


def _told(term: Term, actor: Actor, verb: str) -> None:
    audit.record(actor=actor.name, verb=verb, kind="term", object_id=term.pk, name=term.name)
    outbox.emit("term.changed", key=term.pk, term_id=str(term.pk))


def _problems(data: TermData) -> Iterator[Problem]:
    if not data.name.strip():
        yield Problem("/name", "empty-value", "Give the term a name.")
    elif len(data.name.strip()) > LONGEST_NAME:
        yield Problem("/name", "too-long", f"Use {LONGEST_NAME} characters at most.")
    if not data.definition.strip():
        yield Problem("/definition", "empty-value", "Say what the word means here.")
    elif len(data.definition) > LONGEST_DEFINITION:
        yield Problem("/definition", "too-long", f"Use {LONGEST_DEFINITION:,} characters at most.")
    if len(data.synonyms) > MAX_SYNONYMS:
        yield Problem("/synonyms", "too-many", f"Name at most {MAX_SYNONYMS} synonyms.")
    if any(len(each) > LONGEST_NAME for each in data.synonyms):
        message = f"A synonym has {LONGEST_NAME} characters at most."
        yield Problem("/synonyms", "too-long", message)
    if any("\0" in each for each in (data.name, data.definition, *data.synonyms)):
        yield Problem("/definition", "value-not-storable", "Remove the null character.")
