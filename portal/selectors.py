"""Names near one that leads nowhere: what the reader may see and may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from urllib.parse import unquote, urlencode

from django.urls import reverse

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
NODES = ("product", "system")  # kinds of search rows that are lineage nodes
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
    ranked = _ranked(actor, rest.partition("/")[0], KINDS.get(first))
    return [_link(each, each.url) for each in ranked[:MAX_NEAR]]


def near_nodes(actor: Actor, node: str) -> list[dict[str, str]]:
    """The same for a lineage node like `product:sales.ordrs`; the links lead to its lineage."""
    kind, _, fqn = node.partition(":")
    ranked = _ranked(actor, fqn, kind if kind in NODES else None)
    return [
        _link(
            each, f"{reverse('lineage:explorer')}?{urlencode({'node': f'{each.kind}:{each.fqn}'})}"
        )
        for each in ranked
        if each.kind in NODES
    ][:MAX_NEAR]


def _link(each: Suggestion, url: str) -> dict[str, str]:
    return {"label": f"{each.name} ({each.kind} {each.fqn})", "url": url}


def _ranked(actor: Actor, name: str, kind: str | None) -> list[Suggestion]:
    """What is called nearly so, the likest first; those of the same kind have a start."""
    name = name.replace("\0", "")[:LONGEST].lower()
    if kind is None or not name or actor.is_visitor:
        return []
    found = _candidates(actor, name)
    ranked = sorted(
        ((_likeness(name, each), each.kind == kind, each) for each in found.values()),
        key=lambda entry: (-entry[0] - 0.1 * entry[1], entry[2].fqn),
    )
    return [each for likeness, _, each in ranked if likeness >= LEAST]


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
