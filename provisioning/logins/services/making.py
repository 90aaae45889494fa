"""A login is asked for, made by a job, and sealed until its holder looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from core.clock import db_now
from core.crypto import encrypt
from provisioning.access.services.credentials import REVEAL_WITHIN
from provisioning.drivers import registry
from provisioning.jobs.models import Instance, Operation, OperationStep
from provisioning.jobs.states import OperationKind, OperationState
from provisioning.logins import policies
from provisioning.logins.models import Login
from provisioning.logins.services.records import change_login, holder_of, note


@transaction.atomic
def make_login(*, instance: Instance, actor: Actor) -> Operation:
    """Have a login made for the actor, or a new password for the one they have.

    Raises:
        NotAllowed: the actor does not contribute to the owner.
        Invalid: nobody logs in to a resource of this kind.
        InvalidTransition: it is not there (any more).
        ConcurrencyError: another job is at work on the resource.
    """
    policies.require_hold(actor, instance)
    holder = User.objects.get(pk=actor.user_id or 0)
    login, _ = Login.objects.select_for_update().get_or_create(instance=instance, holder=holder)
    is_new = login.made_at is None or login.ended_at is not None
    title = "Login" if is_new else "New password"
    undo = "always" if is_new else "keep"
    operation = change_login(instance, holder, actor, title=title, undo=undo)
    if login.ended_at is not None:
        login.username, login.made_at, login.revealed_at, login.ended_at = "", None, None, None
    login.asked_at = db_now()
    login.save(update_fields=["username", "made_at", "revealed_at", "ended_at", "asked_at"])
    note("login.asked", login, actor=actor.name, operation=str(operation.pk))
    return operation


def seal_login(operation: Operation, step: OperationStep, secrets: Mapping[str, Any]) -> None:
    """Keep a new password sealed for its holder; in the transaction of the step.

    One that was sealed before, as by a worker that died, does not open the login any more.
    """
    held = Login.objects.filter(instance=operation.instance_id, holder=holder_of(step.spec))
    login = held.live().select_for_update().first()
    if login is None:
        return
    given = json.dumps(dict(secrets), sort_keys=True).encode()
    now = db_now()
    login.username = str(secrets.get("username", ""))[:63]
    login.ciphertext = encrypt(given, bound_to=str(login.pk))
    login.made_at, login.revealed_at = now, None
    login.reveal_until = now + REVEAL_WITHIN
    login.save(update_fields=["username", "ciphertext", "made_at", "revealed_at", "reveal_until"])


def settle_logins(operation: Operation) -> None:
    """A job has ended: what it dropped has ended, and what it could not make is not there."""
    if operation.kind == OperationKind.DEPROVISION:
        if operation.state == OperationState.SUCCEEDED:
            _end(operation)
    elif operation.kind == OperationKind.ROTATE:
        places = {each.action for each in registry.workplaces().values()}
        for step in operation.spec["steps"]:
            if step["action"] in places:
                _settle(operation, step)


def _settle(operation: Operation, step: Mapping[str, Any]) -> None:
    holder_id = holder_of(step["spec"])
    if step["absent"] and operation.state == OperationState.SUCCEEDED:
        _end(operation, holder=holder_id)
    elif step["undo"] == "always" and operation.state != OperationState.SUCCEEDED:
        made = Login.objects.filter(instance=operation.instance_id, holder=holder_id)
        made.update(ciphertext=None, reveal_until=None, made_at=None)


def _end(operation: Operation, **whose: int | None) -> None:
    ended = Login.objects.live().filter(instance=operation.instance_id, **whose)
    ended.update(ciphertext=None, reveal_until=None, ended_at=Now())
