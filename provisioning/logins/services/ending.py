"""Logins end with their holders' membership, or when somebody says so; the work stays."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.actors import Actor, system_actor
from core.errors import DomainError, InvalidTransition
from provisioning.jobs.models import Operation
from provisioning.jobs.selectors import at_rest
from provisioning.jobs.states import OperationKind
from provisioning.logins import policies
from provisioning.logins.models import Login
from provisioning.logins.selectors import of_leavers
from provisioning.logins.services.records import change_login, note

AT_ONCE = 100
TRY_AGAIN_AFTER = dt.timedelta(minutes=1)
TITLE = "End of the login"


@transaction.atomic
def end_login(*, login: Login, actor: Actor) -> Operation:
    """Have a login dropped and its sessions ended; what was made with it stays with the team.

    Raises:
        NotAllowed: the actor is neither its holder nor an owner of the team.
        InvalidTransition: it has ended, or the resource is not there (any more).
        ConcurrencyError: another job is at work on the resource.
    """
    policies.require_end(actor, login)
    if not Login.objects.live().filter(pk=login.pk).exists():
        raise InvalidTransition("This login has ended.")
    operation = change_login(login.instance, login.holder, actor, title=TITLE, absent=True)
    note("login.ended", login, actor=actor.name, operation=str(operation.pk))
    return operation


def end_of_leavers() -> int:
    """End what people hold who have left the team; returns how many."""
    rested = at_rest("instance", OperationKind.ROTATE, TRY_AGAIN_AFTER)
    there = of_leavers().filter(
        rested, instance__observed_state="present", instance__deletion_requested_at__isnull=True
    )
    return sum(map(_end, there.for_lists().select_related("instance__owner")[:AT_ONCE]))


def _end(login: Login) -> int:
    """0 where somebody was quicker: the next round comes back."""
    try:
        with transaction.atomic():
            operation = change_login(
                login.instance, login.holder, system_actor(), title=TITLE, absent=True
            )
            reason = f"{login.holder} has left {login.instance.owner.name}."
            note("login.ended", login, reason=reason, operation=str(operation.pk))
    except DomainError:
        return 0
    return 1
