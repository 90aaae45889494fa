"""Verbs on API tokens."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actors import Actor, AsksAlong, actor_of_key
from accounts.models import REMIND_BEFORE, ApiToken, Team, User
from accounts.policies import require_account_for, require_token_for
from accounts.selectors import names_problems
from accounts.states import Scope
from core import audit, outbox
from core.errors import Invalid, NotAllowed, NotFound
from core.problems import Problem

TOKEN_PREFIX = "mp_"  # noqa: S105 - a marker, no secret
MAX_DAYS = 365
MOST_LIVE = 100  # tokens that one user has at a time
AT_ONCE = 500  # reminders in a round of the sweeper
LAST_USED_STEP = dt.timedelta(minutes=5)  # a busy script must not write a row per call


@dataclass(frozen=True)
class TokenData:
    """What is asked of a new token; `team` and `account` as the actor may see them."""

    name: str
    scopes: Sequence[str]
    days: int = 90
    team: Team | None = None  # acts for it alone
    account: User | None = None  # acts as this service account instead of the actor


def make_token(*, data: TokenData, actor: Actor) -> tuple[ApiToken, str]:
    """A token for the actor, one of their teams or a service account, and its text, shown once.

    A token makes only tokens that may no more and live no longer than itself, and one that acts
    for a team only tokens of that team.

    Raises:
        NotAllowed: the actor may not act for the team, or its token may less.
        Invalid: a field is wrong, or there are too many.
    """
    account, team = data.account, data.team
    if account is not None:
        require_account_for(actor, account)
        team = account.service_of
    require_token_for(actor, team)
    _require_no_more(actor, data)
    user = account or User.objects.get(pk=actor.user_id or 0)
    with transaction.atomic():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        if ApiToken.objects.live().filter(user=user).count() >= MOST_LIVE:
            message = f"{user} has {MOST_LIVE} tokens that work; revoke one first."
            raise Invalid("There are too many.", [Problem("", "too-many", message)])
        return create_token(
            user=user,
            name=data.name,
            scopes=data.scopes,
            days=data.days,
            team=team,
            by=actor.name,
        )


def _require_no_more(actor: Actor, data: TokenData) -> None:
    """A token that was stolen must not become a stronger one."""
    if actor.token_id is None:
        return
    beyond = sorted(set(data.scopes) - actor.scopes)
    if beyond:
        raise NotAllowed(f"This token may not itself: {', '.join(beyond)}.", scopes=beyond)
    ends = ApiToken.objects.values_list("expires_at", flat=True).get(pk=actor.token_id)
    if timezone.now() + dt.timedelta(days=data.days) > ends:
        message = f"This token ends on {ends:%d %b %Y}; what it makes ends before."
        raise NotAllowed(message, expires_at=ends.isoformat())


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    scopes: Sequence[str],
    days: int = 90,
    team: Team | None = None,
    by: str = "",
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown once and not kept.

    Args:
        name: 1 to 120 characters: what will use it.
        scopes: one or more of `Scope`.
        days: 1 to 365 until it expires.
        by: name of the actor; default: the user.

    Raises:
        Invalid: a name that cannot be shown, an unknown scope, or days out of range.
    """
    problems = [*names_problems(name), *_token_problems(scopes, days)]
    if problems:
        raise Invalid("The token could not be made.", problems)
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        prefix=text[:11],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        name=name.strip(),
        user=user,
        team=team,
        scopes=sorted(set(scopes)),
        created_by=by or user.username,
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    audit.record(
        actor=by or user.username,
        verb="token.created",
        kind="token",
        object_id=token.prefix,
        user=user.username,
        team=team.slug if team else None,
        scopes=token.scopes,
        days=days,
    )
    return token, text


def _token_problems(scopes: Sequence[str], days: int) -> Iterator[Problem]:
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        known = ", ".join(Scope.values)
        yield Problem("/scopes", "unknown-scope", f"Choose one or more of: {known}.")
    if not 1 <= days <= MAX_DAYS:
        yield Problem("/days", "out-of-range", f"A token lives 1 to {MAX_DAYS} days.")


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor) -> ApiToken:
    """End a token at once: one's own, or one that acts for a team that one owns.

    Raises:
        NotFound: it is none of these, or was revoked before.
    """
    token = ApiToken.objects.visible_to(actor).for_lists().filter(pk=token_id).first()
    live = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True)
    if token is None or not live.update(revoked_at=Now(), revoked_by=actor.name):
        raise NotFound("There is no such token.")
    audit.record(
        actor=actor.name,
        verb="token.revoked",
        kind="token",
        object_id=token.prefix,
        user=token.user.username,
    )
    token.refresh_from_db(fields=["revoked_at", "revoked_by"])
    return token


def actor_for_token(text: str, along: AsksAlong | None = None) -> Actor | None:
    """The actor of a live token of an active user, else None.

    What is looked up is the hash, by its unique index: how long that takes tells nothing of the
    token. One SQL statement, and another one once in five minutes.

    Args:
        along: see `actor_of_key`.
    """
    found = actor_of_key(hashlib.sha256(text.encode()).hexdigest(), along)
    if found is None:
        return None
    actor, used_at = found
    now = timezone.now()
    if used_at is None or used_at < now - LAST_USED_STEP:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - LAST_USED_STEP)
        ApiToken.objects.filter(stale, pk=actor.token_id or 0).update(last_used_at=now)
    return actor


@transaction.atomic
def remind_of_ends() -> int:
    """Tell once of tokens that end within a week, but not of shorter ones; returns how many."""
    due = ApiToken.objects.live().filter(
        reminded_at__isnull=True,
        user__is_active=True,
        expires_at__lte=Now() + REMIND_BEFORE,
        expires_at__gt=F("created_at") + REMIND_BEFORE,
    )
    rows = due.select_for_update(skip_locked=True, of=("self",)).order_by("expires_at")
    found = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    ApiToken.objects.filter(pk__in=found).update(reminded_at=Now())
    for pk in found:
        outbox.emit("token.ending", key=pk, token_id=pk)
    return len(found)
