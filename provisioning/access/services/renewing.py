"""Logins are renewed and dropped: what an operation does, and what its end means for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from core.errors import Invalid
from core.problems import Problem
from provisioning.access import policies
from provisioning.access.models import Credential, Grant
from provisioning.access.selectors import GrantTarget, can, consumer_of, grants_of
from provisioning.access.services.credentials import (
    destroy_credentials,
    forget_previous,
    holder_of,
    require_active,
    require_logins,
)
from provisioning.access.services.records import (
    desired_logins,
    kept_logins,
    last_target,
    login_steps,
    note,
    opening_steps,
    terms_of,
)
from provisioning.drivers.protocol import Ability
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Operation, OperationStep
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind, OperationState, StepDirection, StepState


@transaction.atomic
def new_credential(*, grant: Grant, actor: Actor) -> Operation:
    """Have a login made for the actor, or a new password or credentials for the one they have.

    Raises:
        NotAllowed: the grant was not given to the actor.
        Invalid: access of this kind has no credentials, or none that can be made anew.
        InvalidTransition: the grant is not in force.
        ConcurrencyError: something is being done to the grant already.
    """
    policies.require_hold(actor, grant)
    require_logins(grant)
    require_active(grant)
    holder = User.objects.get(pk=actor.user_id or 0)
    _require_renewable(grant, holder)
    operation = renew_login(grant, holder, actor)
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


def renew_login(grant: Grant, holder: User, actor: Actor) -> Operation:
    """Start the operation that makes the holder's login, or renews what they have.

    A password takes the place of the one before at once. Where a target makes credentials beside
    those before, these work on for a while (`withdraw_login`); any still older ones go now.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    target = last_target(grant)
    alone = target.grants.opening is None  # then the logins are all that the ledger has of a grant
    kind = OperationKind.UPDATE if alone else OperationKind.ROTATE
    what = "New credentials" if alone else "New password"
    steps = _steps_of_renewal(grant, target, holder)
    return _accept(grant, f"{what} for {holder}", steps, actor, kind)


def _steps_of_renewal(grant: Grant, target: GrantTarget, holder: User) -> list[StepSpec]:
    login = target.grants.login
    own = login_steps(target, holder, grant.until)
    if login is None or login.nth is None:
        return [*desired_logins(grant, but=own), *own]
    (first,) = own
    made = _ever_made(grant, first)
    new = replace(first, spec=login.nth(first.spec, made + 1)) if made else first
    there, others = _told_apart(grant, [holder])
    older = [replace(each, absent=True) for each in there[:-1]]
    return [*others, *there[-1:], *older, replace(new, undo="always")]


def _ever_made(grant: Grant, login: StepSpec) -> int:
    """How many logins the ledger has of the holder, gone or not, so that no name comes twice."""
    made = OperationStep.objects.filter(
        operation__instance=grant.instance_id,
        direction=StepDirection.FORWARD,
        action=login.action,
        spec__holder=login.spec["holder"],
    )
    return made.order_by().values("spec").distinct().count()


def drop_logins(grant: Grant, holders: Sequence[User], actor: Actor) -> Operation:
    """Start the operation that drops these people's logins; the others' stay.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    target = last_target(grant)
    there, others = _told_apart(grant, holders)
    named = {each.spec["holder"] for each in there}
    logins = [step for one in holders for step in login_steps(target, one, grant.until)]
    dropped = [*there, *(each for each in logins if each.spec["holder"] not in named)]
    terms = terms_of(consumer_of(grant), grant.until, grant.identity)
    steps = [
        *opening_steps(target, terms),
        *kept_logins(grant, target, grant.until, but=holders),
        *others,
        *(replace(each, absent=True) for each in dropped),
    ]
    title = f"Logins of {len(holders)} who left"
    return _accept(grant, title, steps, actor, OperationKind.UPDATE)


def withdraw_login(grant: Grant, holder: User, actor: Actor) -> Operation | None:
    """Start the operation that takes away what the holder had before their credentials of now.

    None where it is gone already.

    Raises:
        ConcurrencyError: something is being done to the grant already.
    """
    there, others = _told_apart(grant, [holder])
    older = [replace(each, absent=True) for each in there[:-1]]
    if not older:
        forget_previous(grant, holder.pk)
        return None
    steps = [*others, *there[-1:], *older]
    title = f"Earlier credentials of {holder} withdrawn"
    return _accept(grant, title, steps, actor, OperationKind.UPDATE)


def _told_apart(grant: Grant, holders: Sequence[User]) -> tuple[list[StepSpec], list[StepSpec]]:
    """The logins that stand for themselves: of these people, and of the others."""
    ids = {each.pk for each in holders}
    desired = desired_logins(grant)
    theirs = [each for each in desired if holder_of(each.spec) in ids]
    return theirs, [each for each in desired if each not in theirs]


def _accept(
    grant: Grant, title: str, steps: Sequence[StepSpec], actor: Actor, kind: OperationKind
) -> Operation:
    return jobs.accept(
        instance_id=grant.instance_id,
        kind=kind,
        title=f"{title}, on {grant.port.product.name}",
        steps=steps,
        actor=actor,
        team=grant.request.team,
    )


def settle_logins(grant: Grant, operation: Operation) -> None:
    """A change of logins has ended: what it took away is shown no more, what failed is undone.

    What a failed one had not yet taken away is wanted again, or nobody would come back for it.
    """
    steps = [StepSpec(**each) for each in operation.spec["steps"]]
    if operation.state == OperationState.SUCCEEDED:
        _forget_taken(grant, [each for each in steps if "holder" in each.spec])
        return
    for each in steps:
        if "holder" in each.spec and each.undo == "always":
            holder_id = holder_of(each.spec)
            destroy_credentials(grant, holder_id=holder_id, since=operation.created_at)
    grants = grants_of(grant)
    if grants is not None and grants.opening is None:
        jobs.note_desired(grant.instance_id, _left(operation, steps))


def _forget_taken(grant: Grant, logins: Sequence[StepSpec]) -> None:
    """Of the holders of whom something was taken away: all of it, or all but the last."""
    for holder_id in {holder_of(each.spec) for each in logins if each.absent}:
        own = [each for each in logins if holder_of(each.spec) == holder_id and not each.absent]
        if not own:
            destroy_credentials(grant, holder_id=holder_id)
        if len(own) < 2:
            forget_previous(grant, holder_id)


def _left(operation: Operation, steps: Sequence[StepSpec]) -> list[StepSpec]:
    """Oldest first: what was to go and has not gone, then what was there before and stays."""
    done = operation.steps.filter(state=StepState.VERIFIED, direction=StepDirection.FORWARD)
    gone = set(done.values_list("n", flat=True))
    to_go = [each for n, each in enumerate(steps) if each.absent and n not in gone]
    stay = [each for each in steps if not each.absent and each.undo != "always"]
    return [*(replace(each, absent=False) for each in to_go), *stay]
