"""The glossary."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Left, Lower, Upper

from accounts.actors import Actor, in_domain, paths_up
from accounts.models import Domain
from catalog.governance.models import Term, TermQuerySet
from core.errors import NotFound


def term_by_id(actor: Actor, term_id: UUID) -> Term:
    """Raises: NotFound."""
    visible = Term.objects.visible_to(actor).select_related("owner", "domain")
    term = visible.filter(pk=term_id).first()
    if term is None:
        raise NotFound()
    return term


def terms_matching(
    actor: Actor, *, text: str = "", letter: str = "", domain: str = ""
) -> TermQuerySet:
    """Terms whose name, synonym or definition holds `text`; `domain` "company": without one."""
    found = Term.objects.visible_to(actor).select_related("owner", "domain")
    if text:
        found = found.filter(
            Q(name__icontains=text) | Q(definition__icontains=text) | Q(synonyms__icontains=text)
        )
    if letter:
        found = found.filter(name__istartswith=letter)
    if domain == "company":
        found = found.filter(domain__isnull=True)
    elif domain:
        found = found.filter(in_domain(domain))
    return found


def letters(terms: QuerySet[Term]) -> list[str]:
    """The first letters that terms have, for the way through the alphabet."""
    found = terms.order_by().values_list(Upper(Left("name", 1)), flat=True).distinct()
    return sorted(each for each in found if each)


def terms_named(names: Collection[str], domain: Domain) -> dict[str, Term]:
    """`{name as given: term}` for names or slugs: the domain's own, those above it, the company's.

    One SQL statement; a name that means nothing is left out.
    """
    wanted = {name.strip().lower() for name in names if name.strip()}
    if not wanted:
        return {}
    paths = paths_up(domain.path)
    near = Term.objects.filter(Q(domain__isnull=True) | Q(domain__path__in=paths))
    named = near.annotate(lower_name=Lower("name")).filter(
        Q(lower_name__in=wanted) | Q(slug__in=wanted)
    )
    by_key: dict[str, Term] = {}
    nearest_last = sorted(
        named.select_related("domain"),
        key=lambda term: paths.index(term.domain.path) if term.domain else -1,
    )
    for term in nearest_last:
        by_key[term.slug] = by_key[term.name.lower()] = term
    return {name: by_key[key] for name in names if (key := name.strip().lower()) in by_key}
