"""The form of a product: its fields as text, and the text as fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from accounts.models import Domain
from catalog.governance.selectors import levels
from catalog.products.states import Archetype, LinkKind, Visibility
from core.documents import DocumentError, dump_yaml, load_documents
from core.errors import Invalid
from core.problems import Problem

LABELS = {
    "name": "Name",
    "purpose": "Purpose",
    "description": "Description",
    "limitations": "Limitations",
    "usage": "How to use it",
    "domain": "Domain",
    "archetype": "Kind",
    "visibility": "Who sees it",
    "classification": "Classification",
    "tags": "Tags",
    "terms": "Glossary terms",
    "links": "Links",
    "ownership": "People",
    "extra": "Extra fields",
}
HINTS = {
    "name": "A new name is a new address; the old one redirects.",
    "purpose": "What decision or work it serves, in a sentence.",
    "description": "Markdown.",
    "limitations": "Markdown.",
    "usage": "Markdown.",
    "domain": "Another domain is another address; the old one redirects.",
    "tags": "Separated by commas.",
    "terms": "Names from the glossary, separated by commas.",
    "links": "One a line: kind, address, label. Kinds: " + ", ".join(LinkKind.values) + ".",
    "ownership": "One a line: steward, expert or on-call, then a user name or team:short-name.",
    "extra": "What the domain asks for beside the standard, one name: value a line (YAML).",
}
LONG = frozenset({"description", "limitations", "usage", "links", "ownership", "extra"})
MONO = frozenset({"links", "ownership", "extra"})
CHOICES: dict[str, Any] = {
    "archetype": Archetype.choices,
    "visibility": Visibility.choices,
}
Texts = dict[str, str]


def texts_of(values: Mapping[str, Any]) -> Texts:
    """Every field as it stands in the form."""
    found = {name: str(value) for name, value in values.items() if isinstance(value, str)}
    found["tags"] = ", ".join(values["tags"])
    found["terms"] = ", ".join(values["terms"])
    found["links"] = "\n".join(
        f"{each['kind']} {each['url']} {each['label']}".rstrip() for each in values["links"]
    )
    found["ownership"] = "\n".join(_part_line(each) for each in values["ownership"])
    found["extra"] = dump_yaml(values["extra"]) if values["extra"] else ""
    return found


def typed(post: QueryDict) -> Texts:
    """What was typed, whether right or wrong."""
    return {
        name: post.get(name, "").replace("\r\n", "\n").replace("\0", "")
        for name in LABELS
        if name in post
    }


def values_of(texts: Texts) -> dict[str, Any]:
    """What the service takes.

    Raises:
        Invalid: a line has the wrong form.
    """
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name in {"tags", "terms"}:
            values[name] = [each.strip() for each in text.split(",") if each.strip()]
        elif name == "links":
            values[name] = [_link(at, line) for at, line in _lines(text)]
        elif name == "ownership":
            values[name] = [_part(at, line) for at, line in _lines(text)]
        elif name == "extra":
            values[name] = _extra(text)
        else:
            values[name] = text.strip()
    return values


def fields_of(
    texts: Texts, problems: Iterable[Problem], domains: Iterable[Domain]
) -> list[dict[str, Any]]:
    """The fields as `parts/_field.html` draws them, each with what is wrong with it."""
    errors: dict[str, str] = {}
    for problem in problems:
        name = problem.pointer.split("/")[1] if "/" in problem.pointer else ""
        name = "name" if name == "slug" else name
        errors[name] = f"{errors[name]} {problem.message}" if name in errors else problem.message
    options = {
        **CHOICES,
        "classification": _classes(texts.get("classification", "")),
        "domain": [(each.path, f"{each.name} ({each.path})") for each in domains],
    }
    return [
        {
            "kind": "select" if name in options else "textarea" if name in LONG else "text",
            "name": name,
            "id": name,
            "label": label,
            "value": texts.get(name, ""),
            "hint": HINTS.get(name, ""),
            "error": errors.get(name, ""),
            "mono": name in MONO,
            "rows": 4,
            "options": _options(name, options.get(name, ())),
        }
        for name, label in LABELS.items()
    ]


def _classes(present: str) -> list[tuple[str, str]]:
    """The classes that may be given, and the one that the product has."""
    every = levels(all_of_them=True)
    return [(each.slug, each.name) for each in every if each.is_active or each.slug == present]


def _options(name: str, choices: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    found = [{"value": value, "label": label} for value, label in choices]
    if name in {"archetype", "classification"}:
        return [{"value": "", "label": "Not said"}, *found]
    return found


def _lines(text: str) -> list[tuple[int, str]]:
    return list(enumerate(line.strip() for line in text.split("\n") if line.strip()))


def _link(at: int, line: str) -> dict[str, str]:
    kind, _, rest = line.partition(" ")
    url, _, label = rest.strip().partition(" ")
    if not url:
        message = f"Line {at + 1}: write the kind, a space, and the address."
        raise Invalid(message, [Problem("/links", "wrong-form", message)])
    return {"kind": kind, "url": url, "label": label.strip()}


def _part(at: int, line: str) -> dict[str, str]:
    kind, _, holder = (each.strip() for each in line.partition(" "))
    if not holder:
        message = f"Line {at + 1}: write the part, a space, and a user name or team:short-name."
        raise Invalid(message, [Problem("/ownership", "wrong-form", message)])
    team = holder.removeprefix("team:")
    if team != holder:
        return {"kind": kind, "user": "", "team": team}
    return {"kind": kind, "user": holder, "team": ""}


def _part_line(each: Mapping[str, str]) -> str:
    return f"{each['kind']} {each['user'] or 'team:' + each['team']}"


def _extra(text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        data = load_documents(text, media="yaml")[0].data
    except DocumentError as error:
        problems = [Problem("/extra", each.code, each.message) for each in error.problems]
        raise Invalid("The extra fields cannot be read.", problems) from None
    if not isinstance(data, dict):
        message = "Write one `name: value` a line."
        raise Invalid(message, [Problem("/extra", "wrong-form", message)])
    return data
