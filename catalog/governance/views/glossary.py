"""The glossary's pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.actors import Actor
from accounts.models import Domain
from catalog.governance import services
from catalog.governance.extensions import term_users
from catalog.governance.models import Term
from catalog.governance.policies import can_govern, can_govern_somewhere, require_govern
from catalog.governance.selectors import term_by_id, terms_matching
from catalog.governance.selectors.terms import letters
from catalog.governance.views.forms import (
    COMPANY,
    Field,
    chosen_domain,
    chosen_team,
    domain_choices,
    mend_list,
    posted,
    problems_of,
    team_choices,
    with_errors,
)
from core.errors import DomainError, NotAllowed
from core.htmx import wants_fragment
from core.paging import keyset_page
from core.problems import Problem

PAGE_SIZE = 50
NAMES = ("name", "definition", "synonyms", "domain", "owner")
CRUMB = {"label": "Glossary", "url": "/glossary/"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The company's words, by letter, domain or search."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    asked = posted(request.GET, ("q", "letter", "domain", "cursor"))
    text, domain, letter = asked["q"][:100], asked["domain"][:500], asked["letter"][:1]
    found = terms_matching(actor, text=text, letter=letter, domain=domain)
    page = keyset_page(found, order=["name", "id"], size=PAGE_SIZE, cursor=asked["cursor"] or None)
    kept = {key: value for key, value in {"q": text, "domain": domain}.items() if value}
    context = {
        "terms": page.rows,
        "pager": _pager(page.rows, page.next_cursor, {**kept, "letter": letter}, asked["cursor"]),
        "letters": [
            {"label": each, "url": _query({**kept, "letter": each}), "current": each == letter}
            for each in letters(terms_matching(actor, text=text, domain=domain))
        ],
        "all_url": _query(kept),
        "q": text,
        "letter": letter,
        "domain": domain,
        "domains": Domain.objects.filter(terms__isnull=False).distinct().order_by("path")[:200],
        "can_write": can_govern_somewhere(actor),
    }
    template = "_terms.html" if wants_fragment(request) else "glossary.html"
    return render(request, f"catalog/governance/{template}", context)


@require_safe
def term(request: HttpRequest, term_id: UUID) -> HttpResponse:
    """One term: what it means, what else it is called, which products use it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = term_by_id(actor, term_id)
    context = {
        "crumbs": [CRUMB, {"label": found.name}],
        "term": found,
        "can_change": can_govern(actor, found.domain),
    }
    return render(request, "catalog/governance/term.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a term."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not can_govern_somewhere(actor):
        raise NotAllowed("Only stewards and owners of domains may write terms.")
    if request.method == "POST":
        return _saved(request, None)
    name = posted(request.GET, ("name",))["name"][:120]
    return _form(request, None, {"name": name})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, term_id: UUID) -> HttpResponse:
    """Change a term."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = term_by_id(actor, term_id)
    require_govern(actor, found.domain)
    if request.method == "POST":
        return _saved(request, found)
    values = {
        "name": found.name,
        "definition": found.definition,
        "synonyms": ", ".join(found.synonyms),
        "domain": found.domain.path if found.domain else COMPANY,
        "owner": found.owner.slug,
    }
    return _form(request, found, values)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, term_id: UUID) -> HttpResponse:
    """Say what removing a term means, then do it."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    found = term_by_id(actor, term_id)
    require_govern(actor, found.domain)
    typed = posted(request.POST, ("confirm",))["confirm"].strip()
    error = ""
    if request.method == "POST":
        try:
            services.remove_term(term=found, actor=actor, detach=typed == found.name)
        except services.TermInUse:
            error = f"Type {found.name} to go on."
        else:
            messages.success(request, f"“{found.name}” is removed from the glossary.")
            return redirect("governance:glossary")
    field = {"kind": "text", "name": "confirm", "id": "confirm", "value": typed, "error": error}
    context = {
        "crumbs": [
            CRUMB,
            {"label": found.name, "url": found.get_absolute_url()},
            {"label": "Remove"},
        ],
        "term": found,
        "uses": sum(users.count(found.pk) for users in term_users()),
        "confirm": {**field, "label": f"Type “{found.name}” to confirm", "autocomplete": "off"},
    }
    status = 409 if error else 200
    return render(request, "catalog/governance/term_remove.html", context, status=status)


def _saved(request: HttpRequest, found: Term | None) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    values = posted(request.POST, NAMES)
    try:
        data = services.TermData(
            name=values["name"],
            definition=values["definition"],
            synonyms=[each.strip() for each in values["synonyms"].split(",") if each.strip()],
            domain=chosen_domain(actor, values["domain"]),
            owner=chosen_team(values["owner"]),
        )
        kept = services.put_term(data=data, actor=actor, term=found)
    except NotAllowed:
        raise
    except DomainError as error:
        return _form(request, found, values, problems=problems_of(error), status=error.status)
    messages.success(request, f"“{kept.name}” is saved.")
    return redirect(kept)


def _form(
    request: HttpRequest,
    found: Term | None,
    values: dict[str, str],
    *,
    problems: list[Problem] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    fields = with_errors(_fields(actor, found, values), problems or [])
    context: dict[str, Any] = {
        "crumbs": [CRUMB, {"label": f"Edit {found.name}" if found else "New term"}],
        "term": found,
        "fields": fields,
        "mend": mend_list(fields, problems or []),
    }
    return render(request, "catalog/governance/term_form.html", context, status=status)


def _fields(actor: Actor, found: Term | None, values: dict[str, str]) -> list[Field]:
    teams = team_choices(actor, found.owner if found else None)
    fields: list[Field] = [
        {"name": "name", "label": "Term", "kind": "text", "required": True},
        {"name": "definition", "label": "What it means here", "kind": "textarea", "rows": 8,
         "hint": "Markdown. Say what counts and what does not.", "required": True},
        {"name": "synonyms", "label": "Also called", "note": "with commas between",
         "kind": "text", "hint": "Who searches for one of these finds the others too."},
        {"name": "domain", "label": "It is a word of", "kind": "select",
         "options": domain_choices(actor)},
        {"name": "owner", "label": "Looked after by", "kind": "select", "options": teams},
    ]  # fmt: skip
    return [{**each, "id": each["name"], "value": values.get(each["name"], "")} for each in fields]


def _pager(
    rows: list[Term], next_cursor: str | None, kept: dict[str, str], cursor: str
) -> dict[str, str]:
    asked = {key: value for key, value in kept.items() if value}
    pager = {"text": f"{len(rows)} term{'' if len(rows) == 1 else 's'}"}
    if next_cursor:
        pager["next"] = _query({**asked, "cursor": next_cursor})
    if cursor:
        pager["previous"] = _query(asked)
    return pager


def _query(values: dict[str, str]) -> str:
    return f"?{urlencode(values)}"
