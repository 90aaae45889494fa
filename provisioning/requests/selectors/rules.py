"""The rules of decision as pages and scripts show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.actors import Actor
from accounts.models import Domain
from catalog.governance.models import ClassificationLevel
from catalog.products.models import OutputPort
from core.errors import Invalid
from core.problems import Problem
from provisioning.requests import policies
from provisioning.requests.formats.outcome import Outcome, outcome_in_words, read_outcome
from provisioning.requests.models import DecisionRule, DecisionRuleQuerySet, RuleVersion
from provisioning.requests.selectors.back_testing import Scope

MOST = 500  # rules in a list


@dataclass(frozen=True)
class RuleRow:
    """A rule with its wording in force."""

    rule: DecisionRule
    version: RuleVersion
    may_change: bool = False

    @property
    def outcome(self) -> Outcome:
        return read_outcome(self.version.outcome)[0]

    @property
    def words(self) -> str:
        return outcome_in_words(self.outcome)

    @property
    def scope(self) -> str:
        """As forms and scripts name it: `company`, `class:…`, `domain:…` or `port:…`."""
        return scope_text(scope_of(self.rule))


def scope_text(scope: Scope) -> str:
    """`company`, `class:<slug>`, `domain:<path>` or `port:<fqn>`."""
    if scope.port is not None:
        return f"port:{scope.port.fqn}"
    if scope.domain is not None:
        return f"domain:{scope.domain.path}"
    return f"class:{scope.classification}" if scope.classification else "company"


def scope_of(rule: DecisionRule) -> Scope:
    """The part of the company that a rule is for."""
    return Scope(rule.port, rule.domain, rule.classification)


def find_scope(text: str, actor: Actor) -> Scope:
    """The part of the company that `scope_text` names, as far as the actor may know it.

    Raises:
        Invalid: there is none.
    """
    kind, _, name = text.partition(":")
    if text == "company":
        return Scope()
    if kind == "class" and ClassificationLevel.objects.filter(slug=name).exists():
        return Scope(classification=name)
    if kind == "domain" and (domain := Domain.objects.filter(path=name).first()):
        return Scope(domain=domain)
    if kind == "port" and (port := visible_port(name, actor)):
        return Scope(port=port)
    message = "Send company, class:<slug>, domain:<path> or port:<fqn>."
    raise Invalid("There is no such part.", [Problem("/scope", "unknown-scope", message)])


def visible_port(fqn: str, actor: Actor) -> OutputPort | None:
    """The port, with what says who governs it."""
    ports = OutputPort.objects.visible_to(actor).select_related("product__owner", "product__domain")
    return ports.filter(fqn=fqn).first()


def rules_for_lists(actor: Actor) -> DecisionRuleQuerySet:
    """Those in force that the actor may know, with what a row shows."""
    rules = DecisionRule.objects.visible_to(actor).in_force()
    return rules.select_related("domain", "port__product__owner", "port__product__domain").defer(
        "port__product__document", "port__product__text"
    )


def rule_rows(actor: Actor, rules: DecisionRuleQuerySet) -> list[RuleRow]:
    """Rules with their newest wording: two SQL statements."""
    found = list(rules[:MOST])
    newest = RuleVersion.objects.filter(rule__in=found).order_by("rule_id", "-number")
    versions = {each.rule_id: each for each in newest.distinct("rule_id")}
    return [
        RuleRow(each, versions[each.pk], policies.can_rule(actor, each.port, each.domain))
        for each in found
    ]


def scope_choices(actor: Actor, port: OutputPort | None = None) -> list[dict[str, str]]:
    """The parts of the company for which the actor may write rules."""
    found = []
    if port is not None and policies.can_rule(actor, port, None):
        found.append({"value": f"port:{port.fqn}", "label": f"The port {port.fqn}"})
    found += [domain_choice(each) for each in policies.ruled_domains(actor)[:MOST]]
    if policies.can_rule(actor, None, None):
        levels = ClassificationLevel.objects.all()
        found += [
            {"value": f"class:{each.slug}", "label": f"Everything {each.name.lower()}"}
            for each in levels
        ]
        found.append({"value": "company", "label": "The whole company"})
    return found


def domain_choice(domain: Domain) -> dict[str, str]:
    """A domain with all below it, as a choice of a form."""
    text = f"{domain.name} ({domain.path}) and below"
    return {"value": scope_text(Scope(domain=domain)), "label": text}


def as_dict(row: RuleRow) -> dict[str, Any]:
    """The public form."""
    return {
        "id": str(row.rule.pk),
        "name": row.rule.name,
        "scope": row.scope,
        "position": row.rule.position,
        "condition": row.version.condition,
        "outcome": row.version.outcome,
        "version": row.version.number,
        "changed_by": row.version.created_by,
        "changed_at": row.version.created_at.isoformat(),
        "retired_at": row.rule.retired_at.isoformat() if row.rule.retired_at else None,
    }
