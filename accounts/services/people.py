"""Verbs on people."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.states import PortalRole
from core import audit


@transaction.atomic
def create_administrator(*, email: str) -> User:
    """The administrator with this address, made if need be; the password is chosen by link."""
    user, created = User.objects.get_or_create(
        username=email.lower(),
        defaults={"email": email, "display_name": email.split("@")[0]},
    )
    user.portal_role = PortalRole.ADMIN
    user.is_active = True
    if created:
        user.set_unusable_password()
    user.save()
    audit.record(actor=audit.SYSTEM, verb="user.made-admin", kind="user", object_id=user.username)
    return user
