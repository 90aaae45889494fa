"""Links, extra fields, terms and people of products: checked, compared and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.actors import paths_up
from accounts.models import Domain, Team, User
from catalog.governance.models import Term
from catalog.products.data import LinkData, OwnershipData, ProductData, SystemData
from catalog.products.models import DataProduct, Ownership
from catalog.products.names import normal_tags
from catalog.products.services.outcomes import Change, change
from catalog.products.states import LinkKind
from core.documents import Document, unsafe_character
from core.problems import Problem
from core.schema_checks import SchemaCheck

LONGEST_TEXT = {"purpose": 20_000, "limitations": 20_000, "usage": 20_000, "description": 100_000}
MAX_TAGS, LONGEST_TAG = 50, 100
MAX_LINKS = 50
UNKNOWN = frozenset({"unknown-user", "unknown-team"})
MAX_EXTRA = 64_000  # bytes of JSON
LONGEST_URL = 2_000
LONGEST_LABEL = 200
SAFE_URL = re.compile(r"(?:https?://[^\s/?#]+|mailto:[^\s@]+@[^\s@]+)[^\s\x00-\x1f]*\Z", re.I)
Through = DataProduct.terms.through
Part = tuple[str, int | None, int | None]  # kind, user, team


@dataclass
class KnownWords:
    """Domains with their schemas, terms, and people, by what documents call them."""

    domains: dict[str, Domain] = field(default_factory=dict)
    terms: dict[str, list[Term]] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    held_terms: dict[UUID, list[Term]] = field(default_factory=dict)
    parts: dict[UUID, list[Ownership]] = field(default_factory=dict)

    def term(self, name: str, domain: Domain) -> Term | None:
        """The term of the domain, else of the nearest above it, else the company's."""
        nearest = [*reversed(paths_up(domain.path)), ""]
        found = {
            each.domain.path if each.domain else "": each
            for each in self.terms.get(name.strip().casefold(), ())
        }
        return next((found[path] for path in nearest if path in found), None)


@dataclass
class Described:
    """What of a product is kept beside its columns; None: as it is."""

    terms: list[Term] | None = None
    parts: list[Part] | None = None


def read_words(items: Sequence[ProductData], product_ids: Sequence[UUID]) -> KnownWords:
    """What `items` name and what the products have. At most six statements."""
    known = KnownWords()
    paths = {path for item in items for path in paths_up(item.domain.path)}
    homes = {item.owner.domain_id for item in items} - {None}
    for domain in Domain.objects.filter(Q(path__in=paths) | Q(pk__in=homes)):
        known.domains[domain.path] = domain
    words = {name.strip().casefold() for item in items for name in item.terms or ()}
    if words:
        terms = Term.objects.annotate(lower=Lower("name")).select_related("domain")
        for term in terms.filter(Q(slug__in=words) | Q(lower__in=words)):
            for word in {term.slug, term.name.casefold()}:
                known.terms.setdefault(word, []).append(term)
    parts = [each for item in items for each in item.ownerships or ()]
    users = {each.user.strip() for each in parts if each.user}
    if users:
        named = Q(username__in=users) | Q(email__in=users)
        people = User.objects.filter(named, is_active=True, service_of__isnull=True)
        for user in people:
            known.users.setdefault(user.email, user)
            known.users[user.username] = user
    teams = {each.team.strip() for each in parts if each.team}
    if teams:
        known.teams = {each.slug: each for each in Team.objects.filter(slug__in=teams)}
    if product_ids:
        for part in Ownership.objects.filter(product__in=product_ids).select_related(
            "user", "team"
        ):
            known.parts.setdefault(part.product_id, []).append(part)
        held = Through.objects.filter(dataproduct__in=product_ids).select_related("term")
        for row in held.order_by("term__name", "term_id"):
            known.held_terms.setdefault(row.dataproduct_id, []).append(row.term)
    return known


def described(
    data: ProductData, known: KnownWords, problems: list[Problem], warnings: list[Problem]
) -> Described:
    """Terms and people as they will be; adds to `problems` what is not known or not fit to keep.

    People that only a descriptor names are left to it, with a warning.
    """
    problems.extend(text_problems(data))
    return Described(_terms(data, known, problems), _parts(data, known, problems, warnings))


def described_changes(
    product: DataProduct, wanted: Described, known: KnownWords
) -> Iterator[Change]:
    """What of the terms and people becomes other."""
    held = known.held_terms.get(product.pk, [])
    if wanted.terms is not None and {each.pk for each in held} != {t.pk for t in wanted.terms}:
        after = sorted(each.name for each in wanted.terms)
        yield change("terms", [each.name for each in held], after)
    parts = known.parts.get(product.pk, [])
    before = {(each.kind, each.user_id, each.team_id) for each in parts}
    if wanted.parts is not None and before != set(wanted.parts):
        names = {each.pk: each.username for each in known.users.values()}
        slugs = {each.pk: each.slug for each in known.teams.values()}
        after = [
            f"{kind}: {names[user] if user is not None else slugs[team or 0]}"
            for kind, user, team in wanted.parts
        ]
        yield change("ownership", sorted(map(part_text, parts)), sorted(after))


def write_described(rows: Sequence[tuple[DataProduct, Described]]) -> None:
    """Replace terms and people where they are given. Four statements."""
    with_terms = [(product, each.terms) for product, each in rows if each.terms is not None]
    if with_terms:
        Through.objects.filter(dataproduct__in=[product.pk for product, _ in with_terms]).delete()
        Through.objects.bulk_create(
            Through(dataproduct_id=product.pk, term_id=term.pk)
            for product, terms in with_terms
            for term in terms
        )
    with_parts = [(product, each.parts) for product, each in rows if each.parts is not None]
    if with_parts:
        Ownership.objects.filter(product__in=[product.pk for product, _ in with_parts]).delete()
        Ownership.objects.bulk_create(
            Ownership(product=product, kind=kind, user_id=user, team_id=team)
            for product, parts in with_parts
            for kind, user, team in parts
        )


def part_text(part: Ownership) -> str:
    """`expert: ada`."""
    holder = part.user.username if part.user else part.team.slug if part.team else ""
    return f"{part.kind}: {holder}"


def text_problems(data: ProductData | SystemData) -> Iterator[Problem]:
    """Texts and tags that are too long or too many, and invisible characters in names."""
    for name, longest in LONGEST_TEXT.items():
        length = len(getattr(data, name, ""))
        if length > longest:
            message = f"Use {longest:,} characters at most; these are {length:,}."
            yield Problem(f"/{name}", "too-long", message)
    yield from _unsafe("/name", data.name)
    if len(normal_tags(data.tags)) > MAX_TAGS:
        yield Problem("/tags", "too-many", f"Keep {MAX_TAGS} tags at most.")
    for at, tag in enumerate(data.tags):
        if len(tag) > LONGEST_TAG:
            message = f"Use {LONGEST_TAG} characters at most."
            yield Problem(f"/tags/{at}", "too-long", message)
        yield from _unsafe(f"/tags/{at}", tag)


def _unsafe(pointer: str, name: str) -> Iterator[Problem]:
    found = unsafe_character(name)
    if found:
        yield Problem(pointer, "unsafe-name", f"Remove the invisible character {found}.")


def link_problems(links: Sequence[LinkData]) -> Iterator[Problem]:
    """Unknown kinds, other schemes than http, https and mailto, too many or too long."""
    if len(links) > MAX_LINKS:
        yield Problem("/links", "too-many", f"Keep {MAX_LINKS} links at most.")
    for at, each in enumerate(links[:MAX_LINKS]):
        pointer = each.pointer or f"/links/{at}"
        if each.kind not in LinkKind.values:
            choices = ", ".join(LinkKind.values)
            yield Problem(f"{pointer}/kind", "not-in-list", f"Choose one of: {choices}.")
        if not SAFE_URL.match(each.url):
            message = "Give a whole address that begins with https://, http:// or mailto:."
            yield Problem(f"{pointer}/url", "bad-link", message)
        if len(each.url) > LONGEST_URL or len(each.label) > LONGEST_LABEL:
            message = f"Use {LONGEST_URL:,} characters at most, {LONGEST_LABEL} for the label."
            yield Problem(pointer, "too-long", message)


def link_rows(links: Iterable[LinkData]) -> list[dict[str, str]]:
    return [{"kind": each.kind, "label": each.label, "url": each.url} for each in links]


def extra_problems(
    extra: Mapping[str, Any], domain: Domain, known: Mapping[str, Domain]
) -> Iterator[Problem]:
    """What the JSON Schemas of the domain and of those above it refuse in the extra fields."""
    body = dict(extra)
    if len(orjson.dumps(body)) > MAX_EXTRA:
        yield Problem("/extra", "too-long", f"Keep the extra fields below {MAX_EXTRA:,} bytes.")
        return
    for path in paths_up(domain.path):
        schema = known[path].field_schema if path in known else None
        if isinstance(schema, dict):
            yield from _refused(body, schema, path)


def _refused(body: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[Problem]:
    try:
        check = _check(orjson.dumps(schema))
    except ValueError:
        message = f"The field schema of the domain {path} cannot be used; ask its owner."
        yield Problem("/extra", "bad-field-schema", message)
        return
    for problem in check.problems(Document(body, "{}", "json")):
        yield Problem(f"/extra{problem.pointer}", problem.code, problem.message)


@lru_cache(maxsize=256)
def _check(schema: bytes) -> SchemaCheck:
    return SchemaCheck(orjson.loads(schema), draft="2020-12", author="the domain")


def _terms(data: ProductData, known: KnownWords, problems: list[Problem]) -> list[Term] | None:
    if data.terms is None:
        return None
    found: dict[UUID, Term] = {}
    for at, name in enumerate(data.terms):
        term = known.term(name, data.domain)
        if term is None:
            message = f"There is no term {name[:120]} in the glossary; add it there first."
            problems.append(Problem(f"/terms/{at}", "unknown-term", message))
        else:
            found[term.pk] = term
    return list(found.values())


def _parts(
    data: ProductData, known: KnownWords, problems: list[Problem], warnings: list[Problem]
) -> list[Part] | None:
    if data.ownerships is None:
        return None
    found: dict[Part, None] = {}
    for at, each in enumerate(data.ownerships):
        pointer = each.pointer or f"/ownership/{at}"
        part = _part(each, known, pointer)
        if isinstance(part, Problem) and data.is_descriptor and part.code in UNKNOWN:
            message = f"{part.message} Until then it stays in the document only."
            warnings.append(replace(part, severity="warning", message=message))
        elif isinstance(part, Problem):
            problems.append(part)
        else:
            found[part] = None
    return list(found)


def _part(each: OwnershipData, known: KnownWords, pointer: str) -> Part | Problem:
    if each.kind not in Ownership.Kind.values:
        choices = ", ".join(Ownership.Kind.values)
        return Problem(f"{pointer}/kind", "not-in-list", f"Choose one of: {choices}.")
    if bool(each.user) == bool(each.team):
        return Problem(pointer, "wrong-form", "Name either a user or a team.")
    user, team = known.users.get(each.user.strip()), known.teams.get(each.team.strip())
    if each.user and user is not None:
        return each.kind, user.pk, None
    if each.team and team is not None:
        return each.kind, None, team.pk
    if each.user:
        message = f"There is no user {each.user[:150]}; write the user name."
        return Problem(f"{pointer}/user", "unknown-user", message)
    message = f"There is no team {each.team[:150]}; write its short name."
    return Problem(f"{pointer}/team", "unknown-team", message)
