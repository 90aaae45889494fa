"""Credentials: sealed when made, shown once, destroyed after a day or with the grant."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from core import audit, outbox
from core.clock import db_now
from core.crypto import decrypt, encrypt, fingerprint
from core.errors import Invalid, InvalidTransition, NotFound
from core.ids import uuid7
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.formats.logins import ShownLogin, shown_login
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import can, consumer_of, grants_of
from provisioning.access.services.records import (
    desired_logins,
    kept_logins,
    last_target,
    login_steps,
    note,
    opening_steps,
    terms_of,
)
from provisioning.access.states import GrantState
from provisioning.drivers.protocol import Ability
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.states import OperationKind, OperationState

REVEAL_WITHIN = dt.timedelta(hours=24)
LONGEST_USERNAME = 63

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

    login: ShownLogin
    expires_at: dt.datetime

    @property
    def username(self) -> str:
        return self.login.username

    @property
    def password(self) -> str:
        return self.login.password

    @property
    def dsn(self) -> str:
        return self.login.dsn


class AlreadyShown(InvalidTransition):
    """The password was shown before, or its day has passed; a new one can be made."""

    code = "credential-gone"


def seal_secrets(operation: Operation, step: OperationStep, secrets: Mapping[str, Any]) -> None:
    """Keep a new login's secrets sealed for its holder; in the transaction of the step.

    For a grant that has ended meanwhile nothing is kept: the login goes with it. A target that
    tells the same credentials again, as after a crash, is not news to their holder.
    """
    grant = Grant.objects.select_for_update().filter(instance=operation.instance).first()
    if grant is None or not grant.is_live or "holder" not in step.spec:
        return
    holder_id = _holder_id(step.spec)
    given = json.dumps(dict(secrets), sort_keys=True).encode()
    own = Credential.objects.filter(grant=grant, holder_id=holder_id, destroyed_at__isnull=True)
    if own.filter(fingerprint=fingerprint(given)).exists():
        return
    _destroy(grant, holder_id)
    credential_id = uuid7()
    now = db_now()
    days = settings.PASSWORD_DAYS if can(grant, Ability.ROTATE) else 0
    Credential.objects.create(
        id=credential_id,
        grant=grant,
        holder_id=holder_id,
        username=shown_login(secrets).username[:LONGEST_USERNAME],
        fingerprint=fingerprint(given),
        ciphertext=encrypt(given, bound_to=str(credential_id)),
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
        Invalid: access of this kind has no credentials.
        InvalidTransition: the grant is not in force.
        NotFound: no login was made for the actor yet.
        AlreadyShown: the password was shown or destroyed before.
    """
    policies.require_hold(actor, grant)
    _require_logins(grant)
    _require_active(grant)
    with connection.cursor() as cursor:
        cursor.execute(REVEAL, [grant.pk, actor.user_id])
        row = cursor.fetchone()
    if row is None:
        raise _why_not(grant, actor)
    login = shown_login(json.loads(decrypt(row[1], bound_to=str(row[0]))))
    note("credential.revealed", grant, actor=actor.name, username=login.username)
    return RevealedCredential(login, grant.until)


def _require_logins(grant: Grant) -> None:
    """Raises: Invalid: whoever reads has an account in the target already."""
    grants = grants_of(grant)
    if grants is not None and grants.login is None:
        text = f"There are no credentials from the portal for {grants.place}. {grants.enters}."
        raise Invalid(text, [Problem("", "no-credentials", text)])


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
        Invalid: access of this kind has no credentials, or none that can be made anew.
        InvalidTransition: the grant is not in force.
        ConcurrencyError: something is being done to the grant already.
    """
    policies.require_hold(actor, grant)
    _require_logins(grant)
    _require_active(grant)
    holder = User.objects.get(pk=actor.user_id or 0)
    _require_renewable(grant, holder)
    operation = rotate_password(grant, holder, actor)
    note("credential.asked", grant, actor=actor.name, operation=str(operation.pk))
    return operation


def _require_renewable(grant: Grant, holder: User) -> None:
    """Raises: Invalid: the holder has credentials, and the target makes no new ones for them."""
    held = Credential.objects.filter(grant=grant, holder=holder, destroyed_at__isnull=True)
    grants = grants_of(grant)
    if grants is not None and not can(grant, Ability.ROTATE) and held.exists():
        text = (
            f"Credentials of {grants.place} cannot be made anew."
            " End this access and ask for it again."
        )
        raise Invalid(text, [Problem("/renew", "not-renewable", text)])


def rotate_password(grant: Grant, holder: User, actor: Actor) -> Operation:
    """Start the operation that makes the holder's login, or gives it a new password.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    own = login_steps(last_target(grant), holder, grant.until)
    return jobs.accept(
        instance_id=grant.instance_id,
        kind=_kind_of_renewal(grant),
        title=f"New password for {holder} on {grant.port.product.name}",
        steps=[*desired_logins(grant, but=own), *own],
        actor=actor,
        team=grant.request.team,
    )


def _kind_of_renewal(grant: Grant) -> OperationKind:
    """Logins that stand for themselves are all that the ledger has of a grant."""
    grants = grants_of(grant)
    alone = grants is not None and grants.opening is None
    return OperationKind.UPDATE if alone else OperationKind.ROTATE


def drop_logins(grant: Grant, holders: Sequence[User], actor: Actor) -> Operation:
    """Start the operation that drops these people's logins; the others' stay.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    target = last_target(grant)
    logins = [step for each in holders for step in login_steps(target, each, grant.until)]
    terms = terms_of(consumer_of(grant), grant.until, grant.identity)
    return jobs.accept(
        instance_id=grant.instance_id,
        kind=OperationKind.UPDATE,
        title=f"Logins of {len(holders)} who left, on {grant.port.product.name}",
        steps=[
            *opening_steps(target, terms),
            *kept_logins(grant, target, grant.until, but=holders),
            *desired_logins(grant, but=logins),
            *(replace(each, absent=True) for each in logins),
        ],
        actor=actor,
        team=grant.request.team,
    )


def destroy_dropped(grant: Grant, operation: Operation) -> None:
    """What an operation has dropped cannot be shown any more."""
    if operation.state != OperationState.SUCCEEDED:
        return
    for step in operation.spec["steps"]:
        if "holder" in step["spec"] and step.get("absent"):
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
