"""The forms of the demand board, and what comes near a wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from catalog.search.selectors import Hit, SearchQueryData, hits
from catalog.search.words import runs
from core.problems import Problem

ACTIVE = "active"  # of two that come as near, the one that can be used
NEAR = 4  # products that are shown
ASKED_WORDS = 5  # of a title, the longest ones
SHORTEST = 4  # letters of a word that says something
Form = dict[str, dict[str, Any]]

WISH: Form = {
    "title": {
        "kind": "text",
        "label": "Which data",
        "note": "a few words",
        "placeholder": "Weather by shop and day",
        "required": True,
    },
    "need": {
        "kind": "textarea",
        "label": "What for",
        "hint": "What you would do with it, which facts it must have, how fresh it must be. "
        "Markdown works.",
        "rows": 6,
        "required": True,
    },
    "domain": {
        "kind": "text",
        "label": "Where you expect it",
        "note": "a domain, if you know",
        "mono": True,
        "placeholder": "stores",
        "list_id": "domain-list",
        "autocomplete": "off",
    },
}
ANSWER: Form = {
    "product": {
        "kind": "text",
        "label": "Product",
        "note": "its full name",
        "mono": True,
        "placeholder": "sales.orders",
        "required": True,
    },
    "answer": {
        "kind": "textarea",
        "label": "How it answers the wish",
        "note": "if it needs a word",
        "rows": 2,
    },
}
DECLINE: Form = {
    "reason": {
        "kind": "textarea",
        "label": "Why",
        "hint": "Whoever needs the data reads it.",
        "rows": 2,
    }
}


def fields_of(
    form: Form, values: Mapping[str, str], problems: Sequence[Problem]
) -> list[dict[str, Any]]:
    """The fields as `parts/_field.html` draws them."""
    errors = {problem.pointer.lstrip("/"): problem.message for problem in problems}
    return [
        {
            **look,
            "name": name,
            "id": name,
            "value": values.get(name, ""),
            "error": errors.get(name, ""),
        }
        for name, look in form.items()
    ]


def problems_of(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """What stands above a form that was refused."""
    labels = {name: look["label"] for name, look in {**WISH, **ANSWER, **DECLINE}.items()}
    return [
        {
            "id": problem.pointer.lstrip("/"),
            "label": labels.get(problem.pointer.lstrip("/"), ""),
            "message": problem.message,
        }
        for problem in problems
    ]


def near_products(actor: Actor, title: str) -> list[Hit]:
    """Products that hold the words of a wish, those with most of them first.

    Cost: one SQL statement for each of the five longest words.
    """
    asked = {run.lower().removesuffix("s") for run in runs(title) if len(run) >= SHORTEST}
    counted: dict[str, tuple[int, Hit]] = {}
    for word in sorted(asked, key=lambda each: (-len(each), each))[:ASKED_WORDS]:
        for hit in _hits(actor, word):
            held = counted.get(hit.object_id, (0, hit))[0]
            counted[hit.object_id] = (held + 1, hit)
    ranked = sorted(counted.values(), key=lambda pair: (-pair[0], pair[1].status != ACTIVE))
    return [hit for _, hit in ranked[:NEAR]]


def _hits(actor: Actor, text: str) -> list[Hit]:
    return hits(actor, SearchQueryData(text=text, kinds=("product",), size=NEAR * 2)).rows
