"""Webhooks as teams add, change and remove them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import Team
from core import audit, outbox
from core.clock import db_now
from core.crypto import encrypt
from core.documents import unsafe_character
from core.errors import Invalid
from core.outbound.addresses import addresses_of, read_url, system_resolver
from core.outbound.errors import Refused, Unreachable
from core.outbound.signing import new_secret
from core.positions import bounds
from core.problems import Problem
from portal.feed.formats.events import is_pattern
from portal.feed.models import Webhook
from portal.feed.policies import require_webhook_for

MOST_PER_TEAM = 20
MOST_TYPES = 50
LONGEST_NAME, LONGEST_URL = 120, 2000
OLD_SECRET_SIGNS = dt.timedelta(hours=24)
RESOLVE_S = 3.0


@dataclass(frozen=True)
class WebhookData:
    """What a team says of a webhook."""

    name: str
    url: str
    types: Sequence[str] = ()  # names or groups (`product.*`); none: all
    own_only: bool = True


def add_webhook(*, team: Team, data: WebhookData, actor: Actor) -> tuple[Webhook, str]:
    """A webhook that hears of what happens from now on, and its secret, which is shown only now.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        Invalid: a field is wrong, or the team has too many.
    """
    require_webhook_for(actor, team)
    _require_valid(data)
    with transaction.atomic():
        Team.objects.select_for_update().only("pk").get(pk=team.pk)
        if Webhook.objects.filter(team=team).count() >= MOST_PER_TEAM:
            message = f"{team.name} has {MOST_PER_TEAM} webhooks; remove one first."
            raise Invalid("There are too many.", [Problem("/team", "too-many", message)])
        webhook = Webhook(
            team=team, created_by=actor.name, from_position=bounds()[1], **_fields(data)
        )
        secret = _sealed(webhook)
        webhook.save()
        _tell(webhook, actor, "webhook.added")
    return webhook, secret


def change_webhook(*, webhook: Webhook, data: WebhookData, actor: Actor) -> Webhook:
    """Make it be as `data` says; its secret stays, what waits goes to the new address.

    Raises:
        NotAllowed: `actor` is no owner of the team.
        Invalid: a field is wrong.
    """
    require_webhook_for(actor, webhook.team)
    _require_valid(data)
    with transaction.atomic():
        wanted = _fields(data)
        changed = sorted(name for name, value in wanted.items() if getattr(webhook, name) != value)
        Webhook.objects.filter(pk=webhook.pk).update(**wanted, updated_at=Now(), rest_until=Now())
        _tell(webhook, actor, "webhook.changed", changed=changed)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def renew_secret(*, webhook: Webhook, actor: Actor) -> str:
    """A new secret, shown only now; for a day the old one signs beside it.

    Raises:
        NotAllowed: `actor` is no owner of the team.
    """
    require_webhook_for(actor, webhook.team)
    held = Webhook.objects.select_for_update().get(pk=webhook.pk)
    held.old_secret, held.old_until = held.secret, db_now() + OLD_SECRET_SIGNS
    secret = _sealed(held)
    held.save(update_fields=["secret", "old_secret", "old_until"])
    _tell(held, actor, "webhook.secret-renewed")
    return secret


@transaction.atomic
def disable_webhook(*, webhook: Webhook, actor: Actor) -> None:
    """Send nothing to it until it is enabled; what happens meanwhile is not kept for it.

    Raises:
        NotAllowed: `actor` is no owner of the team.
    """
    require_webhook_for(actor, webhook.team)
    disabled = Webhook.objects.enabled().filter(pk=webhook.pk)
    if disabled.update(disabled_at=Now(), disabled_reason=""):
        _tell(webhook, actor, "webhook.disabled")


@transaction.atomic
def enable_webhook(*, webhook: Webhook, actor: Actor) -> None:
    """Send to it again: what waits, and what happens from now on.

    Raises:
        NotAllowed: `actor` is no owner of the team.
    """
    require_webhook_for(actor, webhook.team)
    enabled = Webhook.objects.filter(pk=webhook.pk, disabled_at__isnull=False).update(
        disabled_at=None,
        disabled_reason="",
        failures=0,
        failing_since=None,
        rest_until=Now(),
        from_position=bounds()[1],
    )
    if enabled:
        _tell(webhook, actor, "webhook.enabled")


@transaction.atomic
def remove_webhook(*, webhook: Webhook, actor: Actor) -> None:
    """Forget it, its secrets and what was sent to it.

    Raises:
        NotAllowed: `actor` is no owner of the team.
    """
    require_webhook_for(actor, webhook.team)
    _tell(webhook, actor, "webhook.removed")
    Webhook.objects.filter(pk=webhook.pk).delete()


@transaction.atomic
def give_up_webhook(*, webhook: Webhook, reason: str) -> None:
    """Disable one that does not answer any more, and tell the owners of its team."""
    given_up = Webhook.objects.enabled().filter(pk=webhook.pk)
    if given_up.update(disabled_at=Now(), disabled_reason=reason[:300]):
        audit.record(
            actor=audit.SYSTEM,
            verb="webhook.disabled",
            kind="webhook",
            object_id=webhook.pk,
            reason=reason,
        )
        outbox.emit("webhook.disabled", key=webhook.pk, webhook_id=str(webhook.pk))


def _fields(data: WebhookData) -> dict[str, Any]:
    return {
        "name": data.name.strip(),
        "url": data.url.strip(),
        "types": list(dict.fromkeys(data.types)),
        "own_only": data.own_only,
    }


def _sealed(webhook: Webhook) -> str:
    secret = new_secret()
    webhook.secret = encrypt(secret.encode(), bound_to=str(webhook.pk))
    return secret


def _tell(webhook: Webhook, actor: Actor, verb: str, **detail: Any) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="webhook",
        object_id=webhook.pk,
        team=webhook.team.slug,
        **detail,
    )


def _require_valid(data: WebhookData) -> None:
    problems = [*_name_problems(data.name.strip()), *_url_problems(data.url.strip())]
    problems += _type_problems(data.types)
    if problems:
        raise Invalid("The webhook cannot be saved like that.", problems)


def _name_problems(name: str) -> Iterator[Problem]:
    if not name or len(name) > LONGEST_NAME:
        message = f"Say in at most {LONGEST_NAME} characters what listens there."
        yield Problem("/name", "name-missing" if not name else "name-too-long", message)
    elif unsafe_character(name):
        yield Problem("/name", "unsafe-character", "Use printable characters.")


def _url_problems(url: str) -> Iterator[Problem]:
    """What is wrong with the address; where its name leads is asked, up to three seconds."""
    if len(url) > LONGEST_URL:
        yield Problem("/url", "url-too-long", f"Give at most {LONGEST_URL} characters.")
        return
    try:
        addresses_of(read_url(url), system_resolver, within_s=RESOLVE_S)
    except Refused as error:
        yield Problem("/url", "url-refused", str(error))
    except Unreachable:
        return  # it may be found later; deliveries will tell


def _type_problems(types: Sequence[str]) -> Iterator[Problem]:
    if len(types) > MOST_TYPES:
        yield Problem("/types", "too-many", "Choose whole groups, such as product.*.")
        return
    for n, text in enumerate(types):
        if not is_pattern(text):
            message = f"There is no type of event “{text[:60]}”; GET event-types lists them."
            yield Problem(f"/types/{n}", "unknown-type", message)
