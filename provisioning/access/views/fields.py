"""The fields that asking for access and asking for more time have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from provisioning.access.selectors import Consumer
from provisioning.access.services.judging import MAX_DAYS, PURPOSE_HINT
from provisioning.access.states import AccessMode, LegalBasis
from provisioning.drivers.protocol import Identity

LONGEST_PURPOSE = 2_000  # characters that an address may bring along
USUAL_DAYS = 90
FEW = 4  # choices that are all shown
LABELS = {
    "port": "Port",
    "consumer": "For",
    "purpose": "Purpose",
    "until": "Until",
    "legal_basis": "Legal basis",
    "narrow": "Only what you need",
    "identity": "Identity",
    "mode": "To",
}


def usual_values(choices: Sequence[Consumer]) -> dict[str, str]:
    """What a form starts with: the first consumer, and the usual time."""
    until = timezone.now().date() + dt.timedelta(days=USUAL_DAYS)
    first = choices[0].text if choices else ""
    return {"consumer": first, "purpose": "", "until": until.isoformat()}


def consumer_field(
    choices: Sequence[Consumer], values: Mapping[str, str], errors: Mapping[str, str]
) -> dict[str, Any]:
    """Who will read."""
    return {
        "kind": "select" if len(choices) > FEW else "radio",
        "name": "consumer",
        "id": "consumer",
        "label": LABELS["consumer"],
        "note": "who will read",
        "value": values["consumer"],
        "error": errors.get("consumer"),
        "required": True,
        "options": [_option(choice) for choice in choices],
    }


def purpose_field(values: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    """What it is for."""
    return {
        "kind": "textarea",
        "name": "purpose",
        "id": "purpose",
        "label": LABELS["purpose"],
        "note": "one or two sentences",
        "hint": PURPOSE_HINT,
        "value": values["purpose"],
        "error": errors.get("purpose"),
        "required": True,
        "rows": 3,
    }


def until_field(
    values: Mapping[str, str], errors: Mapping[str, str], first: dt.date
) -> dict[str, Any]:
    """The last day of access, from `first` on."""
    latest = timezone.now().date() + dt.timedelta(days=MAX_DAYS)
    return {
        "kind": "date",
        "name": "until",
        "id": "until",
        "label": LABELS["until"],
        "hint": f"Access ends with that day (UTC); at most {MAX_DAYS} days from now.",
        "value": values["until"],
        "error": errors.get("until"),
        "required": True,
        "min": first.isoformat(),
        "max": latest.isoformat(),
    }


def basis_field(values: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    """Why personal data may be processed."""
    bases = [{"value": value, "label": label} for value, label in LegalBasis.choices]
    return {
        "kind": "select",
        "name": "legal_basis",
        "id": "legal_basis",
        "label": LABELS["legal_basis"],
        "hint": "This class asks for one: Article 6(1) of the General Data Protection Regulation.",
        "value": values.get("legal_basis", ""),
        "error": errors.get("legal_basis"),
        "required": True,
        "options": [{"value": "", "label": "Choose"}, *bases],
    }


def mode_field(values: Mapping[str, str], errors: Mapping[str, str]) -> dict[str, Any]:
    """Reading, or writing too."""
    hints = {
        AccessMode.READ: "look, change nothing",
        AccessMode.WRITE: "add, change and delete rows or objects; never what holds them",
    }
    return {
        "kind": "radio",
        "name": "mode",
        "id": "mode",
        "label": LABELS["mode"],
        "value": values.get("mode") or AccessMode.READ.value,
        "error": errors.get("mode"),
        "options": [
            {"value": mode.value, "label": mode.label, "hint": hints[mode]} for mode in AccessMode
        ],
    }


def identity_field(
    asked: Identity, values: Mapping[str, str], errors: Mapping[str, str]
) -> dict[str, Any]:
    """What the reader is called in the target."""
    return {
        "kind": "text",
        "name": "identity",
        "id": "identity",
        "label": asked.label,
        "hint": f"{asked.hint} For example {asked.example}.",
        "value": values.get("identity", ""),
        "error": errors.get("identity"),
        "required": True,
        "mono": True,
    }


def _option(consumer: Consumer) -> dict[str, str]:
    if consumer.team is not None:
        hint = "the team: each member gets a login of their own"
    elif consumer.user is not None:
        hint = "you alone"
    else:
        hint = f"a data product of {consumer.responsible}: what it makes from this"
    return {"value": consumer.text, "label": consumer.label, "hint": hint}
