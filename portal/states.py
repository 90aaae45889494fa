"""What people are told about, and how soon by mail."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from django.db.models import TextChoices


class MailGroup(TextChoices):
    DECIDE = "decide", "Decisions that wait"
    MINE = "mine", "Requests and access"
    OWN = "own", "What the team owns"
    FOLLOW = "follow", "Followed and read"


class Pace(TextChoices):
    SOON = "soon", "Within minutes"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"
    NEVER = "never", "Never"


class MailState(TextChoices):
    WAITING = "waiting", "Waits"
    SENT = "sent", "Sent"
    FAILED = "failed", "Given up"


USUAL: Mapping[str, str] = MappingProxyType(  # where a person has chosen nothing
    {
        MailGroup.DECIDE: Pace.SOON,
        MailGroup.MINE: Pace.SOON,
        MailGroup.OWN: Pace.DAILY,
        MailGroup.FOLLOW: Pace.DAILY,
    }
)
GROUP_OF: Mapping[str, MailGroup] = MappingProxyType(  # kind of a notification; others: FOLLOW
    {
        "request.submitted": MailGroup.DECIDE,
        "request.reminded": MailGroup.DECIDE,
        "request.escalated": MailGroup.DECIDE,
        "campaign.started": MailGroup.DECIDE,
        "campaign.ending": MailGroup.DECIDE,
        "consent.asked": MailGroup.DECIDE,
        "request.approved": MailGroup.MINE,
        "request.rejected": MailGroup.MINE,
        "request.finished": MailGroup.MINE,
        "grant.ending": MailGroup.MINE,
        "token.ending": MailGroup.MINE,
        "credential.rotating": MailGroup.MINE,
        "credential.rotated": MailGroup.MINE,
        "campaign.closed": MailGroup.OWN,
        "comment": MailGroup.OWN,
        "consent.answered": MailGroup.OWN,
        "resource.expiring": MailGroup.OWN,
        "webhook.disabled": MailGroup.OWN,
        "incident.waiting": MailGroup.DECIDE,
        "incident.ended": MailGroup.OWN,
    }
)
BATCHED = dt.timedelta(minutes=5)  # what is told within it goes into one mail
HOUR = dt.time(6)  # UTC, of daily and weekly mails; weekly ones on Monday


def group_of(kind: str) -> MailGroup:
    """Which choice of a person a notification falls under."""
    return GROUP_OF.get(kind, MailGroup.FOLLOW)


def mail_at(pace: str, now: dt.datetime) -> dt.datetime | None:
    """When a mail tells what happened at `now` (UTC); None: never."""
    if pace == Pace.NEVER:
        return None
    if pace == Pace.SOON:
        return now + BATCHED
    at = dt.datetime.combine(now.date(), HOUR, dt.UTC)
    if at <= now:
        at += dt.timedelta(days=1)
    if pace == Pace.WEEKLY:
        at += dt.timedelta(days=-at.weekday() % 7)
    return at
