"""The one who acts: computed once a request, given to every `visible_to` and every policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import or_
from typing import Any

import orjson
from django.db.models import Q

from accounts.models import Domain, Team, User
from accounts.states import PortalRole, Scope, TeamRole
from core import prepared

ALL_SCOPES = frozenset(Scope.values)
NOBODY = -1  # no person, and not the portal itself, whose number is 0

# Memberships with the home domain of each team, and (with the role NULL) the domains that a team
# owns whose owner the user is, with everything below them; `mine` is above it.
STANDING = f"""
SELECT m.team_id, m.role, d.path FROM mine m
JOIN accounts_team t ON t.id = m.team_id LEFT JOIN accounts_domain d ON d.id = t.domain_id
UNION ALL
SELECT DISTINCT d.id, NULL, d.path FROM accounts_domain o
JOIN accounts_domain d ON d.path = o.path OR d.path LIKE o.path || '.%%'
WHERE o.owner_id IN (SELECT team_id FROM mine WHERE role = '{TeamRole.OWNER.value}')
"""  # noqa: S608 - a constant
OF_USER = f"""
WITH mine AS (
    SELECT team_id, role FROM accounts_membership
    WHERE user_id = %(user)s::bigint AND team_id = coalesce(%(team)s::bigint, team_id)
    UNION ALL
    SELECT service_of_id, service_role FROM accounts_user
    WHERE %(program)s::boolean AND id = %(user)s::bigint
)
{STANDING}
"""  # noqa: S608 - constants of this module
# Each call of a script pays for this: who has the key and how they stand, in one round trip, and in
# the same one what they are about to ask, which stands for ALONG.
ALONG = "(NULL)"
OF_KEY = f"""
WITH key AS (
    SELECT t.id, t.team_id, t.scopes, t.last_used_at, u.id AS user_id, u.username, u.portal_role,
        u.service_of_id, u.service_role
    FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id
    WHERE t.sha256 = %s AND t.revoked_at IS NULL AND t.expires_at > now() AND u.is_active
), mine AS (
    SELECT m.team_id, m.role FROM accounts_membership m JOIN key ON key.user_id = m.user_id
    WHERE key.service_of_id IS NULL AND m.team_id = coalesce(key.team_id, m.team_id)
    UNION ALL
    SELECT service_of_id, service_role FROM key WHERE service_of_id IS NOT NULL
)
SELECT id, team_id, scopes, last_used_at, user_id, username, portal_role, service_of_id,
    (SELECT coalesce(json_agg(json_build_array(team_id, role, path)), '[]')
        FROM ({STANDING}) AS standing)::text,
    {ALONG}
FROM key
"""  # noqa: S608 - constants of this module
Row = Sequence[Any]  # a number, and a role and a path or None
KEPT = 10_000  # keys


@dataclass(frozen=True)
class Actor:
    """Who acts, with everything a read or write rule asks about them.

    `home_paths` are the domains of the actor's teams and everything above them; a product that is
    visible to a domain is visible to actors whose home lies in that domain's tree.
    """

    user_id: int | None = None
    name: str = "visitor"
    role: str | None = None  # a PortalRole; None for visitors
    team_ids: frozenset[int] = frozenset()
    contributor_team_ids: frozenset[int] = frozenset()  # may change; owners included
    owner_team_ids: frozenset[int] = frozenset()  # may also decide
    owned_domain_ids: frozenset[int] = frozenset()
    owned_domain_paths: frozenset[str] = frozenset()
    home_paths: frozenset[str] = frozenset()
    scopes: frozenset[str] = ALL_SCOPES
    token_id: int | None = None
    is_service: bool = False  # a team's token or program: nothing that a person was lent

    @property
    def is_visitor(self) -> bool:
        return self.user_id is None

    @property
    def is_admin(self) -> bool:
        return self.role == PortalRole.ADMIN

    @cached_property
    def sees_all_metadata(self) -> bool:
        """Stewards, platform engineers and administrators see every catalogue entry."""
        return self.role in {PortalRole.STEWARD, PortalRole.PLATFORM, PortalRole.ADMIN}

    def may(self, scope: str) -> bool:
        """True when the token in use (if any) carries `scope`; a session carries all."""
        return scope in self.scopes


VISITOR = Actor(scopes=frozenset({Scope.READ}))


def actor_of(user: User) -> Actor:
    """The actor for an active user, by session. One SQL statement."""
    is_service = user.is_service_account
    rows = _standing(user)
    role = PortalRole.MEMBER.value if is_service else user.portal_role
    who = Actor(user_id=user.pk, name=user.username, role=role, is_service=is_service)
    return _placed(who, rows)


class AsksAlong:
    """What asks for one value, in the same round trip as who asks.

    A view of REST whose `get` is one statement is one: `answer` is what came of it; None: ask.
    """

    answer: str | None = None

    def statement(self, actor: Actor) -> prepared.Statement:
        """What it comes to if this is who asks; "" asks nothing."""
        raise NotImplementedError


_holders: dict[str, Actor] = {}  # by the hash of their key, as they were the last time


def actor_of_key(
    sha256: str, along: AsksAlong | None = None
) -> tuple[Actor, dt.datetime | None] | None:
    """Who acts with the live token of this hash, and when it was last used; None: there is none.

    One SQL statement. A token of a team acts for that team alone, and as nobody special.

    Args:
        along: is asked as whoever had this token the last time. The same statement says who has it
            now: if they are no longer the same in all that a rule may ask, the answer is dropped.
    """
    guess = _holders.get(sha256) if along else None
    sql, params = along.statement(guess) if along and guess else ("", ())
    found = prepared.ask(OF_KEY.replace(ALONG, f"({sql})") if sql else OF_KEY, sha256, *params)
    if not found:
        return None
    *row, answer = found[0]
    actor, used_at = _holder(row)
    if along and actor == guess:
        along.answer = answer
    elif along:
        _remember(sha256, actor)
    return actor, used_at


def _holder(row: Row) -> tuple[Actor, dt.datetime | None]:
    token_id, team_id, scopes, used_at, user_id, name, role, service_of_id, standing = row
    is_service = team_id is not None or service_of_id is not None
    who = Actor(
        user_id=user_id,
        name=name,
        role=PortalRole.MEMBER.value if is_service else role,
        scopes=frozenset(scopes),
        token_id=token_id,
        is_service=is_service,
    )
    return _placed(who, orjson.loads(standing)), used_at


def _remember(sha256: str, actor: Actor) -> None:
    if len(_holders) >= KEPT:
        _holders.clear()
    _holders[sha256] = actor


def _placed(who: Actor, rows: Sequence[Row]) -> Actor:
    """The same actor with teams and domains, from rows of `STANDING`."""
    memberships = [row for row in rows if row[1] is not None]
    owned = [row for row in rows if row[1] is None]
    return replace(
        who,
        team_ids=frozenset(team for team, _, _ in memberships),
        contributor_team_ids=frozenset(
            team for team, role, _ in memberships if role != TeamRole.VIEWER
        ),
        owner_team_ids=frozenset(team for team, role, _ in memberships if role == TeamRole.OWNER),
        owned_domain_ids=frozenset(pk for pk, _, _ in owned),
        owned_domain_paths=frozenset(path for _, _, path in owned if path),
        home_paths=frozenset(
            above for _, _, path in memberships if path for above in paths_up(path)
        ),
    )


def system_actor() -> Actor:
    """The portal itself: jobs and the demo loader act with an administrator's rights."""
    return Actor(user_id=0, name="system", role=PortalRole.ADMIN)


def team_actor(team: Team) -> Actor:
    """Who sees what an owner of the team sees as such, and nobody's private things.

    Two SQL statements; it decides nothing and is asked by no person.
    """
    paths = Domain.objects.filter(owner=team).values_list("path", flat=True)
    below = reduce(or_, (_at_or_below(path) for path in paths), Q(pk__in=[]))
    owned = list(Domain.objects.filter(below).values_list("pk", "path"))
    home = paths_up(team.domain.path) if team.domain else []
    return Actor(
        user_id=NOBODY,
        name=f"team:{team.slug}",
        role=PortalRole.MEMBER,
        team_ids=frozenset({team.pk}),
        owned_domain_ids=frozenset(pk for pk, _ in owned),
        owned_domain_paths=frozenset(path for _, path in owned),
        home_paths=frozenset(home),
        scopes=frozenset({Scope.READ}),
        is_service=True,
    )


def _at_or_below(path: str) -> Q:
    return Q(path=path) | Q(path__startswith=f"{path}.")


def paths_up(path: str) -> list[str]:
    """`sales.emea.orders` → `[sales, sales.emea, sales.emea.orders]`."""
    parts = path.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def in_domain(path: str) -> Q:
    """Rows whose `domain` is the one at this path or one below it."""
    return Q(domain__path=path) | Q(domain__path__startswith=f"{path}.")


def _standing(user: User) -> list[Row]:
    """Rows of STANDING. A program is in no team but its own, whatever memberships say."""
    asked = {
        "user": user.pk,
        "team": NOBODY if user.is_service_account else None,
        "program": user.is_service_account,
    }
    rows: list[Row] = prepared.ask(OF_USER, **asked)
    return rows
