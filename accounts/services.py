"""Verbs on tokens."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actors import Actor, actor_of
from accounts.field_schemas import read_field_schema
from accounts.models import ApiToken, Domain, Team, User
from accounts.policies import require_domain_change
from accounts.states import PortalRole, Scope
from core import audit, outbox
from core.errors import Invalid, NotFound
from core.problems import Problem

TOKEN_PREFIX = "mp_"  # noqa: S105 - a marker, no secret
MAX_DAYS = 365
MAX_PURPOSE = 4_000  # characters
LAST_USED_STEP = dt.timedelta(minutes=5)  # a busy script must not write a row per call


@transaction.atomic
def create_token(
    *, user: User, name: str, scopes: Sequence[str], days: int = 90, team: Team | None = None
) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown once and not kept.

    Args:
        scopes: one or more of `Scope`.
        days: 1 to 365 until it expires.

    Raises:
        Invalid: unknown scope, or days out of range.
    """
    problems = _token_problems(scopes, days)
    if problems:
        raise Invalid("The token could not be made.", problems)
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        prefix=text[:11],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        name=name,
        user=user,
        team=team,
        scopes=sorted(set(scopes)),
        expires_at=timezone.now() + dt.timedelta(days=days),
    )
    audit.record(
        actor=user.username,
        verb="token.created",
        kind="token",
        object_id=token.prefix,
        scopes=token.scopes,
        days=days,
    )
    return token, text


def _token_problems(scopes: Sequence[str], days: int) -> list[Problem]:
    problems = []
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        known = ", ".join(Scope.values)
        problems.append(Problem("/scopes", "unknown-scope", f"Choose one or more of: {known}."))
    if not 1 <= days <= MAX_DAYS:
        problems.append(Problem("/days", "out-of-range", f"A token lives 1 to {MAX_DAYS} days."))
    return problems


@transaction.atomic
def revoke_token(*, token_id: int, actor: Actor) -> None:
    """End a token of the actor at once.

    Raises:
        NotFound: it is not the actor's, or was revoked before.
    """
    changed = ApiToken.objects.filter(
        pk=token_id, user=actor.user_id, revoked_at__isnull=True
    ).update(revoked_at=Now())
    if not changed:
        raise NotFound("There is no such token.")
    audit.record(actor=actor.name, verb="token.revoked", kind="token", object_id=token_id)


def actor_for_token(text: str) -> Actor | None:
    """The actor of a live token of an active user, else None. At most four SQL statements."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    token = (
        ApiToken.objects.select_related("user")
        .filter(sha256=digest, revoked_at__isnull=True, expires_at__gt=Now(), user__is_active=True)
        .first()
    )
    if token is None:
        return None
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return actor_of(token.user, token=token)


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


@transaction.atomic
def set_domain_details(*, domain: Domain, actor: Actor, purpose: str, field_schema: str) -> Domain:
    """Say what a domain is for and which fields of its own its products have.

    Args:
        field_schema: JSON text of a JSON Schema 2020-12 of an object; "" for no own fields.

    Raises:
        NotAllowed: `actor` is no owner of the domain or of one above it.
        Invalid: the purpose is too long, or the schema is none; each problem says where.
    """
    require_domain_change(actor, domain)
    schema, problems = read_field_schema(field_schema)
    purpose = purpose.replace("\r\n", "\n").strip()
    if len(purpose) > MAX_PURPOSE:
        message = f"Use {MAX_PURPOSE:,} characters at most."
        problems.append(Problem("/purpose", "too-long", message))
    if "\0" in purpose:
        message = "Remove the character NUL."
        problems.append(Problem("/purpose", "value-not-storable", message))
    if problems:
        raise Invalid("The domain cannot be described like that.", problems)
    changed = [
        name
        for name, value in (("purpose", purpose), ("field_schema", schema))
        if getattr(domain, name) != value
    ]
    if changed:
        domain.purpose, domain.field_schema = purpose, schema
        domain.save(update_fields=changed)
        outbox.emit("domain.changed", key=domain.path, domain_id=domain.pk)
        audit.record(
            actor=actor.name,
            verb="domain.changed",
            kind="domain",
            object_id=domain.path,
            fields=changed,
        )
    return domain
