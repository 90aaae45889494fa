"""People who may not read through a grant any more, though the grant goes on or was theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.actors import system_actor
from accounts.models import Membership, User
from core.errors import ConcurrencyError
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import consumer_of
from provisioning.access.services.ending import AT_ONCE, end_by_system
from provisioning.access.services.records import (
    last_target,
    lock_grants,
    note,
    opening_steps,
    terms_of,
)
from provisioning.access.services.renewing import drop_logins
from provisioning.access.states import LIVE, GrantState
from provisioning.drivers import registry
from provisioning.jobs import services as jobs
from provisioning.jobs.selectors import at_rest
from provisioning.jobs.states import OperationKind

TRY_AGAIN_AFTER = dt.timedelta(minutes=1)


def drop_leavers() -> int:
    """Take away what people hold who have left the team, or the company; returns how much.

    The grant of a team goes on without their login; a grant of their own ends. Where a target is
    told readers by name, a product that has changed hands is read by its new owners alone.
    """
    return _end_personal() + _drop_logins() + _follow_owners()


@transaction.atomic
def _end_personal() -> int:
    gone = Grant.objects.filter(state__in=LIVE, consumer_user__is_active=False)
    grants = list(gone.select_related("port__product", "consumer_user").order_by("pk")[:AT_ONCE])
    lock_grants(grants)
    return sum(end_by_system(each, f"{each.consumer} has left.") for each in grants)


def _drop_logins() -> int:
    """Each grant once, with all its leavers; where something is at work it waits."""
    rested = at_rest("grant__instance", OperationKind.UPDATE, TRY_AGAIN_AFTER)
    left = (
        Credential.objects.filter(
            _is_stranger(), rested, grant__state=GrantState.ACTIVE, destroyed_at__isnull=True
        )
        .select_related("holder", "grant__port__product", "grant__request__team")
        .defer("ciphertext")
        .order_by("grant_id", "pk")[:AT_ONCE]
    )
    by_grant: dict[Grant, list[Credential]] = {}
    for each in left:
        by_grant.setdefault(each.grant, []).append(each)
    return sum(_drop(grant, credentials) for grant, credentials in by_grant.items())


def _is_stranger() -> Q:
    """The holder of a credential is no member, and no program, of the grant's team any more."""
    member = Membership.objects.filter(user=OuterRef("holder"))
    of_team = Exists(member.filter(team=OuterRef("grant__consumer_team")))
    of_owner = Exists(member.filter(team=OuterRef("grant__consumer_product__owner")))
    program = User.objects.filter(pk=OuterRef("holder"))
    team_s = Exists(program.filter(service_of=OuterRef("grant__consumer_team")))
    owner_s = Exists(program.filter(service_of=OuterRef("grant__consumer_product__owner")))
    return (
        Q(holder__is_active=False)
        | (Q(grant__consumer_team__isnull=False) & ~Q(of_team | team_s))
        | (Q(grant__consumer_product__isnull=False) & ~Q(of_owner | owner_s))
    )


def _follow_owners() -> int:
    """Tell the target who owns the products that read there, where it knows another team."""
    told = [name for name, grants in registry.granting().items() if grants.names_readers]
    reader = Concat(Value('"group:'), F("consumer_product__owner__slug"), Value('"'))
    strayed = (
        Grant.objects.filter(
            at_rest("instance", OperationKind.UPDATE, TRY_AGAIN_AFTER),
            state=GrantState.ACTIVE,
            instance__driver__in=told,
            consumer_product__isnull=False,
        )
        .annotate(spec=Cast("instance__desired_spec", TextField()))
        .exclude(spec__contains=reader)
        .select_related("instance", "port__product", "request__team", "consumer_product__owner")
    )
    return sum(map(_hand_over, strayed.order_by("pk")[:AT_ONCE]))


def _hand_over(grant: Grant) -> int:
    terms = terms_of(consumer_of(grant), grant.until, grant.identity)
    try:
        with transaction.atomic():
            operation = jobs.accept(
                instance_id=grant.instance_id,
                kind=OperationKind.UPDATE,
                title=f"{grant.consumer} has changed hands, on {grant.port.product.name}",
                steps=opening_steps(last_target(grant), terms),
                actor=system_actor(),
                team=grant.request.team,
            )
            reason = f"{terms.readers[0]} reads instead of the owners before."
            note("grant.handed-over", grant, reason=reason, operation=str(operation.pk))
    except ConcurrencyError:
        return 0  # somebody was quicker; the next round comes back
    return 1


def _drop(grant: Grant, credentials: Iterable[Credential]) -> int:
    holders = [each.holder for each in credentials]
    try:
        with transaction.atomic():
            operation = drop_logins(grant, holders, system_actor())
            for holder in holders:
                reason = f"{holder} has left {grant.consumer}."
                note("credential.dropped", grant, reason=reason, operation=str(operation.pk))
    except ConcurrencyError:
        return 0  # somebody was quicker; the next round comes back
    return len(holders)
