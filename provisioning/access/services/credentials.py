"""Credentials: sealed when made, shown once, destroyed after a day or with the grant."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from core import audit, outbox
from core.clock import db_now
from core.crypto import decrypt, encrypt
from core.errors import InvalidTransition, NotFound
from core.ids import uuid7
from provisioning.access import policies
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import GrantTarget
from provisioning.access.services.records import DRIVER, grant_step, last_target, note
from provisioning.access.states import GrantState
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind, OperationState

REVEAL_WITHIN = dt.timedelta(hours=24)

# A plain RETURNING would give the new NULL; of parallel calls the lock lets exactly one see a row.
REVEAL = """
WITH c AS (
    SELECT id, ciphertext FROM access_credential
    WHERE grant_id = %s AND holder_id = %s AND revealed_at IS NULL AND destroyed_at IS NULL
      AND ciphertext IS NOT NULL AND reveal_until > now()
    FOR UPDATE
)
UPDATE access_credential k SET ciphertext = NULL, revealed_at = now() FROM c WHERE k.id = c.id
RETURNING k.id, c.ciphertext
"""


@dataclass(frozen=True)
class RevealedCredential:
    """What a holder sees once."""

    username: str
    password: str = field(repr=False)
    dsn: str = field(repr=False)
    expires_at: dt.datetime
    host: str = ""
    port: str = ""
    dbname: str = ""


class AlreadyShown(InvalidTransition):
    """The password was shown before, or its day has passed; a new one can be made."""

    code = "credential-gone"


def login_step(holder: User, target: GrantTarget, until: dt.datetime) -> StepSpec:
    """The step that makes the holder's login, or gives it a new password."""
    return StepSpec(
        name=f"Login for {holder}"[:200],
        driver=DRIVER,
        action="login",
        spec={
            "schema": target.schema,
            "holder": f"user:{holder.pk}",
            "expires_at": until.isoformat(),
            **({"target": target.place} if target.place else {}),
        },
    )


def seal_secrets(operation: Operation, step: OperationStep, secrets: Mapping[str, Any]) -> None:
    """Keep a new login's secrets sealed for its holder; in the transaction of the step.

    For a grant that has ended meanwhile nothing is kept: the login goes with it.
    """
    grant = Grant.objects.select_for_update().filter(instance=operation.instance).first()
    if grant is None or not grant.is_live or step.action != "login":
        return
    holder_id = _holder_id(step.spec)
    _destroy(grant, holder_id)
    credential_id = uuid7()
    now = db_now()
    days = settings.PASSWORD_DAYS
    Credential.objects.create(
        id=credential_id,
        grant=grant,
        holder_id=holder_id,
        username=secrets["username"],
        ciphertext=encrypt(json.dumps(dict(secrets)).encode(), bound_to=str(credential_id)),
        reveal_until=now + REVEAL_WITHIN,
        expires_at=grant.until,
        rotate_at=now + dt.timedelta(days=days) if days else None,
    )
    if operation.actor_name == audit.SYSTEM:
        outbox.emit("credential.rotated", key=credential_id, credential_id=str(credential_id))


@transaction.atomic
def reveal_credential(*, grant: Grant, actor: Actor) -> RevealedCredential:
    """The actor's own login for the grant: once, then it is gone from here.

    Raises:
        NotAllowed: the grant was not given to the actor.
        InvalidTransition: the grant is not in force.
        NotFound: no login was made for the actor yet.
        AlreadyShown: the password was shown or destroyed before.
    """
    policies.require_hold(actor, grant)
    _require_active(grant)
    with connection.cursor() as cursor:
        cursor.execute(REVEAL, [grant.pk, actor.user_id])
        row = cursor.fetchone()
    if row is None:
        raise _why_not(grant, actor)
    secrets = json.loads(decrypt(row[1], bound_to=str(row[0])))
    note("credential.revealed", grant, actor=actor.name, username=secrets["username"])
    return RevealedCredential(
        username=secrets["username"],
        password=secrets["password"],
        dsn=secrets["dsn"],
        expires_at=grant.until,
        host=secrets["host"],
        port=secrets["port"],
        dbname=secrets["dbname"],
    )


def _require_active(grant: Grant) -> None:
    grant.refresh_from_db(fields=["state"])
    if grant.state == GrantState.PENDING:
        raise InvalidTransition("This access is still being set up.")
    if grant.state != GrantState.ACTIVE or grant.until <= db_now():
        raise InvalidTransition("This access has ended.")


def _why_not(grant: Grant, actor: Actor) -> InvalidTransition | NotFound:
    latest = Credential.objects.filter(grant=grant, holder_id=actor.user_id).first()
    if latest is None:
        return NotFound("You have no login for this access yet. Make one: it takes a few seconds.")
    if latest.revealed_at is not None:
        when = latest.revealed_at.strftime("%Y-%m-%d %H:%M UTC")
        return AlreadyShown(
            f"The password was shown on {when} and is not kept. Make a new one if it is lost."
        )
    return AlreadyShown("The password was not fetched within 24 hours. Make a new one.")


@transaction.atomic
def new_credential(*, grant: Grant, actor: Actor) -> Operation:
    """Have a login made for the actor, or a new password for the one they have.

    Raises:
        NotAllowed: the grant was not given to the actor.
        InvalidTransition: the grant is not in force.
        ConcurrencyError: something is being done to the grant already.
    """
    policies.require_hold(actor, grant)
    _require_active(grant)
    holder = User.objects.get(pk=actor.user_id or 0)
    operation = rotate_password(grant, holder, actor)
    note("credential.asked", grant, actor=actor.name, operation=str(operation.pk))
    return operation


def rotate_password(grant: Grant, holder: User, actor: Actor) -> Operation:
    """Start the operation that makes the holder's login, or gives it a new password.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    return jobs.accept(
        instance_id=grant.instance_id,
        kind=OperationKind.ROTATE,
        title=f"New password for {holder} on {grant.port.product.name}",
        steps=[login_step(holder, last_target(grant), grant.until)],
        actor=actor,
        team=grant.request.team,
    )


def drop_logins(grant: Grant, holders: Sequence[User], actor: Actor) -> Operation:
    """Start the operation that drops these people's logins; the others' stay.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    target = last_target(grant)
    logins = [login_step(holder, target, grant.until) for holder in holders]
    return jobs.accept(
        instance_id=grant.instance_id,
        kind=OperationKind.UPDATE,
        title=f"Logins of {len(holders)} who left, on {grant.port.product.name}",
        steps=[grant_step(target, grant.until), *(replace(each, absent=True) for each in logins)],
        actor=actor,
        team=grant.request.team,
    )


def destroy_dropped(grant: Grant, operation: Operation) -> None:
    """What an operation has dropped cannot be shown any more."""
    if operation.state != OperationState.SUCCEEDED:
        return
    for step in operation.spec["steps"]:
        if step["action"] == "login" and step.get("absent"):
            _destroy(grant, _holder_id(step["spec"]))


def _holder_id(spec: Mapping[str, Any]) -> int:
    return int(str(spec["holder"]).removeprefix("user:"))


@transaction.atomic
def destroy_unrevealed() -> int:
    """Destroy what nobody fetched within its day; returns how many."""
    late = (
        Credential.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("grant__port")
        .defer("ciphertext")
        .filter(ciphertext__isnull=False, reveal_until__lte=Now())
    )
    credentials = list(late[:500])
    Credential.objects.filter(pk__in=[each.pk for each in credentials]).update(
        ciphertext=None, destroyed_at=Now()
    )
    for credential in credentials:
        note("credential.destroyed", credential.grant, username=credential.username)
    return len(credentials)


def destroy_credentials(grant: Grant) -> None:
    """The grant has ended: whatever was not shown yet never will be."""
    _destroy(grant, None)


def _destroy(grant: Grant, holder_id: int | None) -> None:
    credentials = Credential.objects.filter(grant=grant, destroyed_at__isnull=True)
    if holder_id is not None:
        credentials = credentials.filter(holder_id=holder_id)
    credentials.update(ciphertext=None, destroyed_at=Now())
