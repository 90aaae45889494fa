"""Credentials: sealed when made, shown once, destroyed after a day or with the grant."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least, Now

from accounts.actors import Actor
from core import audit, outbox
from core.clock import db_now
from core.crypto import decrypt, encrypt, fingerprint
from core.errors import Invalid, InvalidTransition, NotFound
from core.ids import uuid7
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.formats.logins import ShownLogin, shown_login
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import can, grants_of
from provisioning.access.services.records import (
    desired_logins,
    note,
)
from provisioning.access.states import GrantState
from provisioning.drivers.protocol import Ability
from provisioning.jobs.models import Operation, OperationStep

REVEAL_WITHIN = dt.timedelta(hours=24)
OVERLAP = dt.timedelta(hours=1)  # from the reveal, where others stand beside those before
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
    previous_until: dt.datetime | None = None  # what the holder had before works until then

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
    tells the same credentials again, as after a crash, is not news to their holder, and neither
    are those that others have replaced.
    """
    grant = Grant.objects.select_for_update().filter(instance=operation.instance).first()
    if grant is None or not grant.is_live or "holder" not in step.spec:
        return
    holder_id = holder_of(step.spec)
    theirs = [each.spec for each in desired_logins(grant) if holder_of(each.spec) == holder_id]
    if step.spec in theirs[:-1]:
        return
    given = json.dumps(dict(secrets), sort_keys=True).encode()
    own = Credential.objects.filter(grant=grant, holder_id=holder_id, destroyed_at__isnull=True)
    if own.filter(fingerprint=fingerprint(given)).exists():
        return
    destroy_credentials(grant, holder_id=holder_id)
    forget_previous(grant, holder_id)
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
        previous_until=now + REVEAL_WITHIN if step.spec in theirs[1:] else None,
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
    require_logins(grant)
    require_active(grant)
    with connection.cursor() as cursor:
        cursor.execute(REVEAL, [grant.pk, actor.user_id])
        row = cursor.fetchone()
    if row is None:
        raise _why_not(grant, actor)
    login = shown_login(json.loads(decrypt(row[1], bound_to=str(row[0]))))
    note("credential.revealed", grant, actor=actor.name, username=login.username)
    return RevealedCredential(login, grant.until, _hasten_previous(row[0]))


def _hasten_previous(credential_id: UUID) -> dt.datetime | None:
    """Who has seen the new ones needs those before for an hour more, to put them in their place."""
    shown = Credential.objects.filter(pk=credential_id)
    soon = Least(F("previous_until"), Now() + OVERLAP)  # of a null and a time it would be the time
    shown.filter(previous_until__isnull=False).update(previous_until=soon)
    until: dt.datetime | None = shown.values_list("previous_until", flat=True).get()
    return until


def require_logins(grant: Grant) -> None:
    """Raises: Invalid: whoever reads has an account in the target already."""
    grants = grants_of(grant)
    if grants is not None and grants.login is None:
        said = ". ".join(filter(None, (grants.enters, grants.renews)))
        text = f"There are no credentials from the portal for {grants.place}. {said}."
        raise Invalid(text, [Problem("", "no-credentials", text)])


def require_active(grant: Grant) -> None:
    """Raises: InvalidTransition: the grant is not in force."""
    grant.refresh_from_db(fields=["state"])
    if grant.state == GrantState.PENDING:
        raise InvalidTransition("This access is still being set up.")
    if grant.state != GrantState.ACTIVE or grant.until <= db_now():
        raise InvalidTransition("This access has ended.")


def _why_not(grant: Grant, actor: Actor) -> InvalidTransition | NotFound:
    latest = Credential.objects.filter(grant=grant, holder_id=actor.user_id).first()
    if latest is None:
        return NotFound("You have no login for this access yet. Make one: it takes a few seconds.")
    return already_shown(latest.revealed_at)


def already_shown(revealed_at: dt.datetime | None) -> AlreadyShown:
    """Why a password that was made is not there any more; None: nobody looked in time."""
    if revealed_at is None:
        return AlreadyShown("The password was not fetched within 24 hours. Make a new one.")
    return AlreadyShown(
        f"The password was shown on {revealed_at:%Y-%m-%d %H:%M} UTC and is not kept."
        " Make a new one if it is lost."
    )


def holder_of(spec: Mapping[str, Any]) -> int:
    """The id of the person whose login a step's spec is."""
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


def destroy_all_credentials(grants: Iterable[Grant]) -> None:
    """Of grants that have ended: whatever was not shown yet never will be."""
    credentials = Credential.objects.filter(grant__in=grants, destroyed_at__isnull=True)
    credentials.update(ciphertext=None, destroyed_at=Now())


def destroy_credentials(
    grant: Grant, *, holder_id: int | None = None, since: dt.datetime | None = None
) -> None:
    """Whatever was not shown yet never will be: of the grant, of a holder, or made since then."""
    credentials = Credential.objects.filter(grant=grant, destroyed_at__isnull=True)
    if holder_id is not None:
        credentials = credentials.filter(holder_id=holder_id)
    if since is not None:
        credentials = credentials.filter(created_at__gte=since)
    credentials.update(ciphertext=None, destroyed_at=Now())


def forget_previous(grant: Grant, holder_id: int) -> None:
    """What the holder had before their credentials of now has been taken away."""
    Credential.objects.filter(grant=grant, holder_id=holder_id).update(previous_until=None)
