"""The form of a product: its fields as text and rows, and these as fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from accounts.models import Domain
from catalog.governance.selectors import levels
from catalog.products.states import Archetype, Visibility
from catalog.products.views import form_grids
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
    "ownership": "Type part of a name and choose. A team is team: and its short name.",
    "extra": "What the domain asks for beside the standard, one name: value a line (YAML).",
}
LONG = frozenset({"description", "limitations", "usage", "extra"})
MONO = frozenset({"extra"})
CHOICES: dict[str, Any] = {
    "archetype": Archetype.choices,
    "visibility": Visibility.choices,
}
GRIDS = frozenset(form_grids.COLUMNS)
Typed = dict[str, Any]  # text by field; of a grid its rows


def typed_of(values: Mapping[str, Any]) -> Typed:
    """Every field as it stands in the form."""
    found: Typed = {name: value for name, value in values.items() if isinstance(value, str)}
    found |= {name: ", ".join(values[name]) for name in ("tags", "terms")}
    found |= {name: form_grids.rows_of(name, values[name]) for name in GRIDS}
    found["extra"] = dump_yaml(values["extra"]) if values["extra"] else ""
    return found


def typed(post: QueryDict) -> Typed:
    """What was typed, whether right or wrong."""
    return {
        name: form_grids.typed_rows(name, post)
        if name in GRIDS
        else post.get(name, "").replace("\r\n", "\n").replace("\0", "")
        for name in LABELS
        if name in post
    }


def without_row(form: Typed, post: QueryDict) -> Typed:
    """`form` without the row that `remove_row` names, `<grid>-<number>`."""
    name, _, number = post.get("remove_row", "").rpartition("-")
    if name not in GRIDS:
        return form
    return {**form, name: form_grids.without_row(name, post, number)}


def text_of(form: Typed, name: str) -> str:
    """A field as one text, to be compared by people."""
    value = form.get(name, "")
    return form_grids.text_of(value) if name in GRIDS else value.strip()


def values_of(form: Typed) -> dict[str, Any]:
    """What the service takes.

    Raises:
        Invalid: the extra fields cannot be read.
    """
    values: dict[str, Any] = {}
    for name, typed_value in form.items():
        if name in {"tags", "terms"}:
            values[name] = [each.strip() for each in typed_value.split(",") if each.strip()]
        elif name in GRIDS:
            values[name] = form_grids.values_of(name, typed_value)
        elif name == "extra":
            values[name] = _extra(typed_value)
        else:
            values[name] = typed_value.strip()
    return values


def fields_of(
    form: Typed, problems: Sequence[Problem], domains: Iterable[Domain], picker_url: str
) -> list[dict[str, Any]]:
    """The fields as `parts/_field.html` draws them, each with what is wrong with it."""
    errors = _errors(problems)
    options = {
        **CHOICES,
        "classification": _classes(form.get("classification", "")),
        "domain": [(each.path, f"{each.name} ({each.path})") for each in domains],
    }
    return [
        {
            "name": name,
            "id": name,
            "label": label,
            "hint": HINTS.get(name, ""),
            "error": errors.get(name, ""),
            **(
                form_grids.grid(name, form.get(name, ()), problems, picker_url)
                if name in GRIDS
                else _control(name, form.get(name, ""), options.get(name))
            ),
        }
        for name, label in LABELS.items()
    ]


def mend_list(
    fields: Sequence[Mapping[str, Any]], problems: Iterable[Problem]
) -> list[dict[str, str]]:
    """What is to be mended, for the banner above the form, each with the id of its control."""
    found = [
        {"id": "", "label": "", "message": each.message} for each in problems if not each.pointer
    ]
    for field in fields:
        label = field["label"]
        if field["error"]:
            found.append({"id": field["id"], "label": label, "message": field["error"]})
        rows = field["rows"] if field["kind"] == "columns" else ()
        found += [
            {"id": cell["id"], "label": f"{label}, row {at}", "message": cell["error"]}
            for at, row in enumerate(rows, 1)
            for cell in row
            if cell["error"]
        ]
    return found


def _control(name: str, value: str, options: Iterable[tuple[str, str]] | None) -> dict[str, Any]:
    return {
        "kind": "select" if options is not None else "textarea" if name in LONG else "text",
        "value": value,
        "mono": name in MONO,
        "rows": 4,
        "options": _options(name, options or ()),
    }


def _errors(problems: Iterable[Problem]) -> dict[str, str]:
    """Messages by field; those of a row stand in its cells."""
    errors: dict[str, str] = {}
    for problem in problems:
        _, name, *inside = problem.pointer.split("/") if problem.pointer else ("", "")
        if name in GRIDS and inside:
            continue
        name = "name" if name == "slug" else name
        errors[name] = f"{errors[name]} {problem.message}" if name in errors else problem.message
    return errors


def _classes(present: str) -> list[tuple[str, str]]:
    """The classes that may be given, and the one that the product has."""
    every = levels(all_of_them=True)
    return [(each.slug, each.name) for each in every if each.is_active or each.slug == present]


def _options(name: str, choices: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    found = [{"value": value, "label": label} for value, label in choices]
    if name in {"archetype", "classification"}:
        return [{"value": "", "label": "Not said"}, *found]
    return found


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
