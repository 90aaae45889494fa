"""Mail: one to a person about all that is due, sent by a thread, tried again, given up in the end.

The mail's id is its Message-ID, so that one which was sent twice (who sent it died before noting
so) is the same mail to whoever reads it.
"""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Iterable, Sequence
from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string

from core.clock import db_now
from core.rounds import Round
from portal.models import Mail, Notification
from portal.states import BATCHED, MailGroup, MailState, group_of

MOST_PEOPLE = 500  # looked at in one round; the next goes on
MOST_LISTED = 50  # in one mail
MOST_UPDATED = 1_000  # notifications in one statement
AT_ONCE = 50  # mails that one thread takes on
LEASE = dt.timedelta(minutes=5)
PAUSES = tuple(dt.timedelta(minutes=n) for n in (1, 5, 30, 120, 360, 720, 1440))
CLAIM = """
UPDATE portal_mail SET attempts = attempts + 1, next_at = clock_timestamp() + %(lease)s::interval
WHERE id IN (
  SELECT id FROM portal_mail WHERE next_at <= clock_timestamp()
  ORDER BY next_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""

log = structlog.get_logger(__name__)
_round = Round("mails")  # one connection to the mail server in a process


@transaction.atomic
def gather_mails() -> int:
    """Make a mail for each person for whom something is due and unread; returns how many.

    It takes along what would be due within five minutes.
    """
    due = Notification.objects.filter(mail_at__lte=Now()).order_by("mail_at", "user")
    people = set(due.values_list("user_id", flat=True)[:MOST_PEOPLE])
    soon = Notification.objects.filter(user__in=people, mail_at__lte=Now() + BATCHED)
    rows = list(soon.select_for_update(skip_locked=True).only("user_id", "read_at").order_by("pk"))
    unread = {row.user_id for row in rows if row.read_at is None}
    mails = {user_id: Mail(user_id=user_id) for user_id in sorted(unread)}
    Mail.objects.bulk_create(mails.values())
    for row in rows:
        row.mail_at = None
        row.mail = mails[row.user_id] if row.read_at is None else None
    Notification.objects.bulk_update(rows, ["mail_at", "mail"], batch_size=MOST_UPDATED)
    return len(mails)


def send_due_mails() -> None:
    """Begin to send what is due, in a thread: the mail server may hang."""
    if not settings.MAIL_ON or _round.is_going_on:
        return
    ids = claim_mails()
    if ids:
        _round.begin(partial(send_mails, ids))  # where it breaks off their lease runs out


def claim_mails() -> list[UUID]:
    """Take up to `AT_ONCE` mails for `LEASE`."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"lease": f"{LEASE.seconds} s", "most": AT_ONCE})
        return [row[0] for row in cursor.fetchall()]


def send_mails(ids: Sequence[UUID]) -> None:
    """Send these, over one connection to the mail server."""
    server = get_connection()
    try:
        for mail in Mail.objects.filter(pk__in=ids, state=MailState.WAITING).select_related("user"):
            _keep(mail, *_sent(mail, server))
    finally:
        server.close()


def message_of(mail: Mail) -> EmailMultiAlternatives | None:
    """The mail as it is sent; None where there is nobody, or nothing left, to tell."""
    rows = list(mail.notifications.order_by("-id")[: MOST_LISTED + 1])
    if not rows or not mail.user.is_active or not mail.user.email:
        return None
    listed, more = rows[:MOST_LISTED], len(rows) > MOST_LISTED
    context = {
        "name": str(mail.user),
        "portal_name": settings.PORTAL_NAME,
        "base": settings.PORTAL_URL.rstrip("/"),
        "groups": _grouped(listed),
        "more": more,
    }
    subject = listed[0].title if len(rows) == 1 else f"{len(listed)}{'+' * more} things to know"
    message = EmailMultiAlternatives(
        subject=" ".join(f"{subject} · {settings.PORTAL_NAME}".split())[:200],
        body=render_to_string("portal/mail/digest.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.user.email],
        headers={
            "Message-ID": f"<{mail.pk}@{urlsplit(settings.PORTAL_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{context['base']}/settings/notifications/>",
        },
    )
    message.attach_alternative(render_to_string("portal/mail/digest.html", context), "text/html")
    return message


def _grouped(rows: Iterable[Notification]) -> list[tuple[str, list[Notification]]]:
    found: dict[MailGroup, list[Notification]] = {group: [] for group in MailGroup}
    for row in rows:
        found[group_of(row.kind)].append(row)
    return [(group.label, theirs) for group, theirs in found.items() if theirs]


def _sent(mail: Mail, server: BaseEmailBackend) -> tuple[MailState, str]:
    """What came of sending it, and the reason."""
    message = message_of(mail)
    if message is None:
        return MailState.FAILED, "There is nobody to send it to."
    message.connection = server
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()))
        state = MailState.FAILED if code >= 500 else MailState.WAITING
        return state, f"The mail server refuses the address ({code})."
    except (smtplib.SMTPException, OSError) as error:
        server.close()
        return MailState.WAITING, f"The mail server does not take it ({type(error).__name__})."
    return MailState.SENT, ""


def _keep(mail: Mail, state: MailState, error: str) -> None:
    now = db_now()
    if state == MailState.WAITING and mail.attempts > len(PAUSES):
        state = MailState.FAILED
    mail.state, mail.last_error = state, error
    mail.sent_at = now if state == MailState.SENT else None
    mail.next_at = now + PAUSES[mail.attempts - 1] if state == MailState.WAITING else None
    mail.save(update_fields=["state", "last_error", "sent_at", "next_at"])
    if error:
        log.warning("mail.not-sent", mail=str(mail.pk), state=str(state), error=error)
