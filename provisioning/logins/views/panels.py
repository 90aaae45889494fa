"""Who works in a resource, on its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.actors import Actor
from provisioning.jobs.models import Instance
from provisioning.logins import policies
from provisioning.logins.models import Login
from provisioning.logins.selectors import logins_of, operation_on, workplace_of
from provisioning.logins.states import LoginState


def people_at_work(request: HttpRequest, instance: Instance) -> SafeString | None:
    """The viewer's own login, and those of the others; nothing where nobody logs in."""
    if workplace_of(instance) is None:
        return None
    context = card(request.actor, instance)  # type: ignore[attr-defined]
    return render_to_string("provisioning/logins/_logins.html", context, request)


def card(actor: Actor, instance: Instance) -> dict[str, Any]:
    """Two SQL statements."""
    rows = logins_of(instance)
    own = next((each for each in rows if each.holder_id == actor.user_id), None)
    operation = operation_on(instance)
    holds = policies.can_hold(actor, instance)
    return {
        "instance": instance,
        "operation": operation,
        "rows": [{"login": each, "may_end": _may_end(actor, each, instance)} for each in rows],
        "own": own,
        "can_reveal": holds and own is not None and own.state == LoginState.READY,
        "can_make": holds and operation is None,
    }


def _may_end(actor: Actor, login: Login, instance: Instance) -> bool:
    login.instance = instance
    return policies.can_end(actor, login)
