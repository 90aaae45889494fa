"""A password is shown once, and destroyed where nobody looks."""

from __future__ import annotations

import json

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from core.clock import db_now
from core.crypto import decrypt
from core.errors import InvalidTransition, NotFound
from provisioning.access.formats.logins import ShownLogin, shown_login
from provisioning.access.services.credentials import already_shown
from provisioning.jobs.models import Instance
from provisioning.logins import policies
from provisioning.logins.models import Login
from provisioning.logins.services.records import note, require_workplace

AT_ONCE = 500


@transaction.atomic
def reveal_login(*, instance: Instance, actor: Actor) -> ShownLogin:
    """The actor's own login to a resource: once, then it is gone from here.

    Of parallel calls the lock lets exactly one see what is sealed.

    Raises:
        NotAllowed: the actor does not contribute to the owner.
        Invalid, InvalidTransition: nobody logs in to it (any more).
        NotFound: no login was made for the actor yet.
        AlreadyShown: the password was shown or destroyed before.
    """
    policies.require_hold(actor, instance)
    require_workplace(instance)
    own = Login.objects.live().filter(instance=instance, holder=actor.user_id)
    sealed = own.filter(ciphertext__isnull=False, reveal_until__gt=Now())
    login = sealed.select_for_update(of=("self",)).select_related("holder").first()
    if login is None or login.ciphertext is None:
        raise _why_not(own.first())
    shown = shown_login(json.loads(decrypt(bytes(login.ciphertext), bound_to=str(login.pk))))
    login.ciphertext, login.reveal_until, login.revealed_at = None, None, db_now()
    login.save(update_fields=["ciphertext", "reveal_until", "revealed_at"])
    note("login.revealed", login, actor=actor.name)
    return shown


@transaction.atomic
def destroy_unseen() -> int:
    """Destroy what nobody fetched within its day; returns how many."""
    late = Login.objects.filter(ciphertext__isnull=False, reveal_until__lte=Now())
    held = late.select_for_update(skip_locked=True, of=("self",)).for_lists()
    logins = list(held[:AT_ONCE])
    Login.objects.filter(pk__in=[each.pk for each in logins]).update(
        ciphertext=None, reveal_until=None
    )
    for each in logins:
        note("login.destroyed", each)
    return len(logins)


def _why_not(login: Login | None) -> InvalidTransition | NotFound:
    if login is None or login.made_at is None:
        return NotFound("You have no login to this yet. Make one: it takes a few seconds.")
    return already_shown(login.revealed_at)
