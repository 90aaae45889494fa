"""Names near one that leads nowhere: what the reader may see and may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import unquote

from accounts.actors import Actor
from catalog.search.selectors import Suggestion, suggest
from catalog.search.words import parts, runs

KINDS = {  # first step of an address: kind of its search rows
    "products": "product",
    "systems": "system",
    "domains": "domain",
    "teams": "team",
    "contracts": "contract",
    "glossary": "term",
}
MAX_NEAR = 5
MAX_CANDIDATES = 60
MAX_QUESTIONS = 6  # SQL statements
LONGEST = 200  # characters of a name that is looked at
LEAST = 0.5  # of `difflib`'s ratio, 0-1
BEGINNING = 3  # letters by which a misspelt word may still be found


def near_names(actor: Actor, path: str) -> list[dict[str, str]]:
    """Up to five `{label, url}` for an address like `/products/sales.ordrs/`.

    Only what the search shows to `actor` is compared, so an address of something hidden answers
    like one of nothing. Cost: at most six SQL statements.
    """
    first, _, rest = unquote(path).strip("/").partition("/")
    name = rest.partition("/")[0].replace("\0", "")[:LONGEST].lower()
    kind = KINDS.get(first)
    if kind is None or not name or actor.is_visitor:
        return []
    found = _candidates(actor, name)
    ranked = sorted(
        ((_likeness(name, each), each.kind == kind, each) for each in found.values()),
        key=lambda entry: (-entry[0] - 0.1 * entry[1], entry[2].fqn),
    )
    return [
        {"label": f"{each.name} ({each.kind} {each.fqn})", "url": each.url}
        for likeness, _, each in ranked
        if likeness >= LEAST
    ][:MAX_NEAR]


def _candidates(actor: Actor, name: str) -> dict[str, Suggestion]:
    """Things that share words, or beginnings of words, with the name."""
    found: dict[str, Suggestion] = {}
    for asked, question in enumerate(_questions(name)):
        if asked >= MAX_QUESTIONS or len(found) >= MAX_CANDIDATES:
            break
        found |= {each.url: each for each in suggest(actor, question, limit=20)}
    return found


def _questions(name: str) -> Iterator[str]:
    """From the strictest to the loosest, each once."""
    own = name.rpartition(".")[2]
    words = [word for run in runs(own) for word in parts(run)] or [own]
    asked = dict.fromkeys(
        [
            " ".join(runs(name)),
            " ".join(words),
            *sorted(words, key=len, reverse=True)[:2],
            *(word[:BEGINNING] for word in words),
        ]
    )
    return (each for each in asked if each)


def _likeness(name: str, each: Suggestion) -> float:
    """How alike the names are, 0-1: of the whole, or of the last part alone."""
    own, theirs = name.rpartition(".")[2], each.fqn.lower().rpartition(".")[2]
    pairs = ((name, each.fqn.lower()), (own, theirs), (own, each.name.lower()))
    return max(difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs)
