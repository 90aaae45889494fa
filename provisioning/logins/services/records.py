"""What the verbs of logins share: the job that changes one, and the audit log."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import User
from core import audit
from core.errors import Invalid, InvalidTransition
from core.problems import Problem
from provisioning.jobs import services as jobs
from provisioning.jobs.models import Instance, Operation
from provisioning.jobs.services import StepSpec
from provisioning.jobs.states import OperationKind
from provisioning.logins.models import Login
from provisioning.logins.selectors import HOLDER, Workplace, workplace_of


def require_workplace(instance: Instance) -> Workplace:
    """What people log in to.

    Raises:
        InvalidTransition: it is not there (any more).
        Invalid: nobody logs in to a resource of this kind.
    """
    found = workplace_of(instance)
    if found is not None:
        return found
    if instance.observed_state != "present" or instance.deletion_requested_at is not None:
        raise InvalidTransition("This is not there (any more): nobody logs in to it.")
    text = f"Nobody logs in to a {instance.kind_words}."
    raise Invalid(text, [Problem("", "no-logins", text)])


def change_login(
    instance: Instance,
    holder: User,
    actor: Actor,
    *,
    title: str,
    absent: bool = False,
    undo: str = "keep",
) -> Operation:
    """Start the job that makes a person's login, renews its password, or drops it.

    Raises:
        Invalid, InvalidTransition: see `require_workplace`.
        ConcurrencyError: another job is at work on the resource.
    """
    place = require_workplace(instance)
    spec = place.spec_for(holder.pk)
    step = StepSpec(
        f"Login of {holder}"[:200], place.driver, place.action, spec, undo=undo, absent=absent
    )
    return jobs.accept(
        instance_id=instance.pk,
        kind=OperationKind.ROTATE,
        title=f"{title} of {holder}, in {instance.name}",
        steps=[step],
        actor=actor,
        team=instance.owner,
    )


def holder_of(spec: object) -> int | None:
    """The id of the person whose login a step's spec is; None: it is none."""
    holder = spec.get("holder") if isinstance(spec, dict) else None
    number = str(holder).removeprefix(HOLDER)
    return int(number) if number.isdecimal() else None


def note(verb: str, login: Login, *, actor: str = audit.SYSTEM, **detail: str) -> None:
    """Append to the audit log of the resource."""
    about = {"holder": login.holder.username, "username": login.username, **detail}
    audit.record(actor=actor, verb=verb, kind="resource", object_id=login.instance_id, **about)
