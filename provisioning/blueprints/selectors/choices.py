"""What pickers offer: short lists made by the server, never everything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When

from accounts.actors import Actor
from accounts.models import Domain, Team
from catalog.governance.models import Term
from catalog.products.models import DataProduct, OutputPort
from catalog.search.models import SearchEntry
from catalog.search.words import query_text
from core.problems import Problem
from provisioning.blueprints.formats.fields import PICKER, is_owner_picker

SHOWN = 20
Choice = dict[str, str]  # value, label


def domain_choices(actor: Actor, typed: str) -> list[Domain]:
    """Up to 20 domains whose path or name holds what was typed; the actor's own come first."""
    own = Q(pk__in=actor.owned_domain_ids) | Q(path__in=actor.home_paths)
    found = Domain.objects.filter(Q(path__icontains=typed) | Q(name__icontains=typed))
    rank = Case(When(own, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(found.annotate(rank=rank).order_by("rank", "path")[:SHOWN])


def team_choices(actor: Actor) -> list[Choice]:
    """The teams for which the actor may create things, as options of a select."""
    teams = Team.objects.filter(pk__in=actor.contributor_team_ids).order_by("name")
    options = [{"value": team.slug, "label": team.name} for team in teams[:200]]
    if len(options) > 1:
        options.insert(0, {"value": "", "label": "Choose a team"})
    return options


def first_choices(
    schema: Mapping[str, Any], raw: Mapping[str, Any], actor: Actor, shown: Iterable[str]
) -> dict[str, list[Choice]]:
    """What each picker on show offers before anything is typed into it. One statement each."""
    found = {}
    for name in shown:
        node = schema["properties"][name]
        widget = str(node.get("x-ui", {}).get("widget", ""))
        if is_owner_picker(name, node):
            found[name] = team_choices(actor)
        elif widget in PICKERS:
            typed = str(raw.get(name, ""))
            found[name] = PICKERS[widget](actor, typed) or PICKERS[widget](actor, "")
    return found


def picker_choices(schema: Mapping[str, Any], name: str, typed: str, actor: Actor) -> list[Choice]:
    """Up to 20 choices of the picker `name` for what was typed; none for any other field."""
    widget = str(schema["properties"].get(name, {}).get("x-ui", {}).get("widget", ""))
    return PICKERS[widget](actor, typed) if widget in PICKERS else []


def pick_problems(
    schema: Mapping[str, Any], given: Mapping[str, Any], actor: Actor
) -> list[Problem]:
    """Picked things that are not there, or that the actor may not see; both answer alike."""
    found = []
    for name, node in schema["properties"].items():
        widget = str(node.get("x-ui", {}).get("widget", ""))
        kind = widget.removeprefix(PICKER)
        if name not in given or kind not in _IS_THERE or is_owner_picker(name, node):
            continue
        if not _IS_THERE[kind](actor, str(given[name])):
            message = f"There is no such {kind}; choose one from the list."
            found.append(Problem(f"/{name}", f"unknown-{kind}", message))
    return found


def _domains(actor: Actor, typed: str) -> list[Choice]:
    return [{"value": each.path, "label": each.name} for each in domain_choices(actor, typed)]


def _teams(_actor: Actor, typed: str) -> list[Choice]:
    found = Team.objects.filter(Q(slug__icontains=typed) | Q(name__icontains=typed))
    return [{"value": each.slug, "label": each.name} for each in found.order_by("name")[:SHOWN]]


def _products(actor: Actor, typed: str) -> list[Choice]:
    entries = SearchEntry.objects.visible_to(actor).filter(kind="product")
    words = query_text(typed)
    if words:
        entries = entries.filter(
            Q(pk__in=entries.named_like(words).values("pk")) | Q(fqn__startswith=typed)
        )
    else:
        entries = entries.filter(owner_team_id__in=actor.team_ids)
    rows = entries.order_by("name", "pk").values_list("fqn", "name")[:SHOWN]
    return [{"value": fqn, "label": name} for fqn, name in rows]


def _ports(actor: Actor, typed: str) -> list[Choice]:
    fqns = [each["value"] for each in _products(actor, typed.partition("/")[0])]
    ports = OutputPort.objects.visible_to(actor).filter(product__fqn__in=fqns)
    if "/" in typed:
        ports = ports.filter(fqn__startswith=typed)
    rows = ports.order_by("fqn").values_list("fqn", "product__name")[:SHOWN]
    return [{"value": fqn, "label": name} for fqn, name in rows]


def _terms(actor: Actor, typed: str) -> list[Choice]:
    found = Term.objects.visible_to(actor).filter(
        Q(name__icontains=typed) | Q(slug__icontains=typed)
    )
    return [{"value": each.slug, "label": each.name} for each in found.order_by("name")[:SHOWN]]


PICKERS: dict[str, Callable[[Actor, str], list[Choice]]] = {
    "picker-domain": _domains,
    "picker-team": _teams,
    "picker-product": _products,
    "picker-port": _ports,
    "picker-term": _terms,
}
_IS_THERE: dict[str, Callable[[Actor, str], bool]] = {
    "team": lambda _, slug: Team.objects.filter(slug=slug).exists(),
    "product": lambda actor, fqn: DataProduct.objects.visible_to(actor).filter(fqn=fqn).exists(),
    "port": lambda actor, fqn: OutputPort.objects.visible_to(actor).filter(fqn=fqn).exists(),
    "term": lambda actor, slug: Term.objects.visible_to(actor).filter(slug=slug).exists(),
}
