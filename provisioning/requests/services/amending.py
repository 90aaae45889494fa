"""Asking for something else than before, while nobody has decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from core import audit, outbox
from core.errors import InvalidTransition
from provisioning.requests import policies
from provisioning.requests.data import Route
from provisioning.requests.models import Request
from provisioning.requests.services.staging import close_rest, lay_out, open_stage

MAX_ROUNDS = 20


@transaction.atomic
def amend(
    *,
    request: Request,
    actor: Actor,
    purpose: str,
    parameters: Mapping[str, Any],
    subject: Mapping[str, Any],
    route: Route,
) -> Request:
    """Change a waiting request; whoever has agreed is asked again, in a further round.

    Args:
        route: who has to agree to it as it is now; it always has stages, so that a change of
            what waited for people is never approved by rule behind their backs.

    Raises:
        NotAllowed: somebody else asked for it.
        InvalidTransition: it waits no more, or was changed `MAX_ROUNDS` times.
    """
    locked = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    policies.require_amend(actor, locked)
    if locked.round >= MAX_ROUNDS:
        raise InvalidTransition("This was changed too often; withdraw it and ask anew.")
    before = {"purpose": locked.purpose, **locked.parameters}
    close_rest(locked)
    locked.round += 1
    locked.purpose, locked.parameters = purpose, dict(parameters)
    locked.subject, locked.reason = dict(subject), route.reason
    locked.save(update_fields=["round", "purpose", "parameters", "subject", "reason"])
    lay_out(locked, route)
    open_stage(locked, 1)
    after = {"purpose": purpose, **parameters}
    audit.record(
        actor=actor.name,
        verb="request.amended",
        kind="request",
        object_id=locked.pk,
        before={name: value for name, value in before.items() if after.get(name) != value},
        after={name: value for name, value in after.items() if before.get(name) != value},
    )
    outbox.emit("request.submitted", key=locked.pk, request_id=str(locked.pk))
    request.refresh_from_db()
    return request
