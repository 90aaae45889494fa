"""Who measures: a member of a busy team, and a steward. They exist for the run only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Count
from django.test import Client

from accounts.models import Membership, Team, User
from accounts.states import PortalRole, TeamRole
from portal.bench.core import signed_in

NAMES = {"member": "bench-member", "steward": "bench-steward"}
ROLES = {"member": PortalRole.MEMBER, "steward": PortalRole.STEWARD}


@contextmanager
def readers() -> Iterator[dict[str, Client]]:
    """`{"member": browser, "steward": browser}`; accounts and sessions go at the end."""
    clients: dict[str, Client] = {}
    User.objects.filter(username__in=NAMES.values()).delete()  # of a run that was killed
    try:
        for name, username in NAMES.items():
            user = User.objects.create(username=username, portal_role=ROLES[name])
            user.set_unusable_password()
            user.save(update_fields=["password"])
            _join_busy_team(user)
            clients[name] = signed_in(user)
        yield clients
    finally:
        for client in clients.values():
            client.logout()
        User.objects.filter(username__in=NAMES.values()).delete()


def _join_busy_team(user: User) -> None:
    busy = Team.objects.annotate(n=Count("data_products")).order_by("-n", "pk").first()
    if busy is not None:
        Membership.objects.create(user=user, team=busy, role=TeamRole.OWNER)
