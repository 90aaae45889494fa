"""Slugs of products and ports: made from what people wrote, or refused with the reason."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from core.problems import Problem

MAX_SLUG = 63
LONGEST_TAG = 100  # characters
SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}\Z")
RESERVED = frozenset(
    {
        *("admin", "all", "api", "edit", "me", "new", "none", "null", "public", "root", "search"),
        *("graphql", "information-schema", "postgres", "static", "system", "undefined", "www"),
        *("template0", "template1"),
    }
)
RESERVED_PREFIXES = ("pg-", "mp-")


def slugified(text: str) -> str:
    """`Net Revenue (EU)` → `net-revenue-eu`; "" where letters would get lost (`注文`, `оrders`)."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    if any(c.isalnum() and not c.isascii() for c in plain):
        return ""
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if slug and not slug[0].isalpha():
        slug = f"p-{slug}"
    return slug[:MAX_SLUG].rstrip("-")


def slug_for(*texts: str) -> str:
    """The slug of the first text that gives one; else one that only tells texts apart."""
    for text in texts:
        slug = slugified(text)
        if slug:
            return slug
    return f"x-{hashlib.sha256(texts[0].encode()).hexdigest()[:8]}"


def slug_from(
    slug: str, name: str, document_id: str, known: tuple[str, str] | None
) -> tuple[str, str]:
    """The slug of what is to be saved, and the pointer of what it was made from.

    Args:
        known: slug and name of what has this id already; the slug is kept while the name stays.
    """
    if slug:
        return slug, "/slug"
    if known is not None and known[1] == name:
        return known[0], "/name"
    if slugified(name):
        return slugified(name), "/name"
    return slug_for(document_id, name), "/id"


def normal_tags(tags: Iterable[str]) -> list[str]:
    """As they were written, but trimmed, cut, and each one once."""
    trimmed = (tag.strip()[:LONGEST_TAG].rstrip() for tag in tags)
    return list(dict.fromkeys(tag for tag in trimmed if tag))


def pattern_problem(slug: str, pointer: str) -> Problem | None:
    """Why `slug` has not the form of one, or None."""
    if SLUG.match(slug):
        return None
    message = "Use 1 to 63 lower-case letters (a to z), digits and “-”, beginning with a letter."
    return Problem(pointer, "bad-slug", message)


def slug_problem(slug: str, pointer: str) -> Problem | None:
    """Why `slug` cannot name a product, or None."""
    if slug in RESERVED or slug.startswith(RESERVED_PREFIXES):
        return Problem(pointer, "reserved-name", f"“{slug}” is reserved; choose another name.")
    return pattern_problem(slug, pointer)
