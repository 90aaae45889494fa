"""Verbs on service accounts: programs that a team owns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import ApiToken, Team, User
from accounts.policies import require_accounts_of
from accounts.selectors import names_problems
from accounts.states import ServiceRole
from core import audit
from core.errors import Conflict, Invalid, NotFound
from core.problems import Problem

MOST_PER_TEAM = 50
LONGEST_PURPOSE = 300
SLUG = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class AccountData:
    """What a team says of a service account."""

    slug: str  # within the team; it is called <team>.<slug>
    purpose: str
    role: str = ServiceRole.CONTRIBUTOR.value


def create_account(*, team: Team, data: AccountData, actor: Actor) -> User:
    """A service account of the team; it can do nothing before it has a token.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        Invalid: a field is wrong, or the team has too many.
        Conflict: the name is taken, also by an account that has ended.
    """
    require_accounts_of(actor, team)
    problems = list(_problems(data))
    if not SLUG.fullmatch(data.slug):
        message = "Lower-case letters, digits and “-”, starting with a letter; at most 63."
        problems.insert(0, Problem("/name", "bad-slug", message))
    if problems:
        raise Invalid("The service account cannot be made like that.", problems)
    name = f"{team.slug}.{data.slug}"
    try:
        with transaction.atomic():
            Team.objects.select_for_update().only("pk").get(pk=team.pk)
            _require_room(team)
            account = User.objects.create(
                username=name,
                display_name=name,
                password="!",  # noqa: S106 - matches no password
                service_of=team,
                service_role=data.role,
                purpose=data.purpose.strip(),
            )
            _tell(account, actor, "created", role=data.role)
    except IntegrityError as error:
        raise Conflict(f"The name {name} is taken.") from error
    return account


@transaction.atomic
def change_account(*, account: User, data: AccountData, actor: Actor) -> User:
    """Give it another purpose or role; its name stays.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        Invalid: a field is wrong.
    """
    require_accounts_of(actor, account.service_of)
    problems = list(_problems(data))
    if problems:
        raise Invalid("The service account cannot be like that.", problems)
    changed = User.objects.filter(pk=account.pk, is_active=True)
    if not changed.update(purpose=data.purpose.strip(), service_role=data.role):
        raise NotFound("There is no such service account.")
    _tell(account, actor, "changed", role=data.role)
    account.refresh_from_db(fields=["purpose", "service_role"])
    return account


@transaction.atomic
def end_account(*, account: User, actor: Actor) -> int:
    """End it and all its tokens at once, for good; returns how many tokens worked.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        NotFound: it has ended before.
    """
    require_accounts_of(actor, account.service_of)
    if not User.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        raise NotFound("There is no such service account.")
    live = ApiToken.objects.live().filter(user=account)
    count = live.update(revoked_at=Now(), revoked_by=actor.name)
    _tell(account, actor, "ended", tokens=count)
    return count


def _problems(data: AccountData) -> Iterator[Problem]:
    yield from names_problems(data.purpose, "/purpose", longest=LONGEST_PURPOSE)
    if data.role not in ServiceRole.values:
        known = " or ".join(ServiceRole.values)
        yield Problem("/role", "unknown-role", f"A service account is {known}.")


def _require_room(team: Team) -> None:
    if User.objects.filter(service_of=team, is_active=True).count() >= MOST_PER_TEAM:
        message = f"{team.name} has {MOST_PER_TEAM} service accounts; end one first."
        raise Invalid("There are too many.", [Problem("/team", "too-many", message)])


def _tell(account: User, actor: Actor, done: str, **detail: object) -> None:
    audit.record(
        actor=actor.name,
        verb=f"service-account.{done}",
        kind="service-account",
        object_id=account.username,
        **detail,
    )
