"""From events to what people are told: who, in which words, and why them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.actors import Actor
from accounts.models import ApiToken, Team, User
from accounts.states import TeamRole
from catalog.products.models import (
    Announcement,
    Comment,
    DataProduct,
    Demand,
    DemandVote,
    OutputPort,
)
from catalog.products.states import LISTED, DemandState
from core.models import OutboxEvent
from portal.feed.models import Webhook
from portal.models import Mail, Notification
from portal.services.access_news import WRITERS as ACCESS_WRITERS
from portal.services.audiences import readers_of, those_who_see
from portal.services.choosing import mail_times
from portal.services.incident_news import WRITERS as INCIDENT_WRITERS
from portal.services.news import Audience, News, members
from provisioning.jobs.models import Instance
from provisioning.requests.models import ROLE_NAMES, Approval, Decision, Delegation, Request
from provisioning.requests.states import RequestState

KEPT = dt.timedelta(days=90)


@transaction.atomic
def notify(event: OutboxEvent) -> None:
    """Tell those whom the event concerns, and never the one who did it.

    Delivered again, it tells nobody twice.
    """
    for news in WRITERS[event.topic](event):
        people = User.objects.filter(pk__in=news.audience, is_active=True)
        people = people.exclude(username=event.payload.get("by", ""))
        mailed = mail_times(people, news.kind)
        Notification.objects.bulk_create(
            [
                Notification(
                    user_id=user_id,
                    event_id=event.event_id,
                    kind=news.kind,
                    title=news.title[:300],
                    reason=reason[:200],
                    url=news.url,
                    mail_at=mailed[user_id],
                )
                for user_id, reason in news.audience.items()
                if user_id in mailed
            ],
            ignore_conflicts=True,
        )


def mark_read(*, actor: Actor, ids: Collection[int] | None = None) -> int:
    """Mark the actor's notifications as read, all or these; returns how many were not."""
    mine = Notification.objects.visible_to(actor).unread()
    return (mine if ids is None else mine.filter(pk__in=ids)).update(read_at=Now())


def forget_old() -> None:
    """Delete what is older than `KEPT`, and the mails that told it."""
    Notification.objects.filter(created_at__lt=Now() - KEPT).delete()
    Mail.objects.filter(created_at__lt=Now() - KEPT).delete()


def _announced(event: OutboxEvent) -> Iterator[News]:
    pk = event.payload["announcement_id"]
    for each in Announcement.objects.filter(pk=pk).select_related("product"):
        yield News(
            "announcement",
            f"{each.product.name}: {each.title}",
            each.product.get_absolute_url(),
            readers_of(each.product, but=each.author_id),
        )


def _moved(event: OutboxEvent) -> Iterator[News]:
    """A product was published, deprecated or retired; `verb` says which."""
    verb = event.payload.get("verb", "")
    word = PRODUCT_VERBS.get(verb)
    products = DataProduct.objects.filter(pk=event.payload["product_id"]) if word else ()
    for product in products:
        title = f"{product.name} {word}"
        yield News(verb, title, product.get_absolute_url(), readers_of(product))


def _commented(event: OutboxEvent) -> Iterator[News]:
    pk = event.payload["comment_id"]
    comments = Comment.objects.filter(pk=pk, removed_at__isnull=True)
    for each in comments.select_related("product", "author", "parent"):
        thread = Q(pk=each.parent_id) | Q(parent=each.parent_id)
        said = Comment.objects.filter(thread) if each.parent_id else Comment.objects.none()
        audience = dict.fromkeys(said.values_list("author_id", flat=True), "you wrote there too")
        audience |= members(each.product.owner_id)
        yield News(
            "comment",
            f"{each.author or 'Somebody'} commented on {each.product.name}",
            f"{each.product.get_absolute_url()}?tab=activity",
            those_who_see(each.product, audience, but=each.author_id),
        )


def _versioned(event: OutboxEvent) -> Iterator[News]:
    """A further version of a contract that a published port keeps."""
    ports = OutputPort.objects.filter(contract=event.payload["contract"])
    products = DataProduct.objects.filter(pk__in=ports.values("product"), status__in=LISTED)
    level = str(event.payload.get("level", ""))
    for product in products:
        title = f"{product.name}: contract {event.payload['to']}"
        if level:
            title = f"{title}, {level}"
        url = f"{product.get_absolute_url()}?tab=contract"
        yield News("contract.version", title, url, readers_of(product))


def _breaking(event: OutboxEvent) -> Iterator[News]:
    """A change that breaks readers has a day."""
    for product in DataProduct.objects.filter(pk=event.payload["product_id"]):
        title = f"{event.payload['port']}: {event.payload['to']} breaks readers"
        title = f"{title} from {event.payload['on']}"
        url = f"{product.get_absolute_url()}?tab=contract"
        yield News("port.change-announced", title, url, readers_of(product))


def _asked(event: OutboxEvent) -> Iterator[News]:
    for request in _request(event):
        yield from _call(request, request.open_approvals, "request.submitted", "asks")


def _reminded(event: OutboxEvent) -> Iterator[News]:
    for request in _request(event):
        yield from _call(request, request.open_approvals, "request.reminded", "still waits")


def _escalated(event: OutboxEvent) -> Iterator[News]:
    """Nobody decided in time: the side hears of it, whoever may decide now, and the requester."""
    for request in _request(event):
        late = [each for each in request.open_approvals if each.escalated_at is not None]
        yield from _call(request, late, "request.escalated", "waits too long")
        early = all(
            each.escalated_at and each.due_at and each.escalated_at < each.due_at for each in late
        )
        why = "those who decide have left, others do now" if early else "nobody has decided in time"
        title = f"{request.title}: {why}"
        audience = {request.requester_id: "you asked for it"}
        yield News("request.escalated", title, request.get_absolute_url(), audience)


def _call(request: Request, sides: Iterable[Approval], kind: str, word: str) -> Iterator[News]:
    """News to those who decide for the sides, but not to whoever asked."""
    for side in sides:
        audience = _deciders(side)
        audience.pop(request.requester_id, None)
        title = f"{request.requester} {word}: {request.title}"
        yield News(kind, title, request.get_absolute_url(), audience)


def _deciders(side: Approval) -> Audience:
    """Who decides for a side, who does now that it is overdue, and who in somebody's place."""
    audience = _side(side.team, side.role)
    if side.escalated_at is not None:
        audience = _side(side.escalate_team, side.escalate_role) | audience
    deputies = Delegation.objects.in_force().filter(from_user__in=list(audience))
    for each in deputies.select_related("from_user"):
        audience.setdefault(each.to_user_id, f"you decide for {each.from_user}")
    return audience


def _side(team: Team | None, role: str) -> Audience:
    if team is not None:
        return members(team.pk, f"you own {team.name}", role=TeamRole.OWNER)
    people = User.objects.filter(portal_role=role).values_list("pk", flat=True) if role else ()
    return dict.fromkeys(people, f"you are one of {ROLE_NAMES[role].lower()}" if role else "")


def _decided(event: OutboxEvent) -> Iterator[News]:
    for request in _request(event):
        decision = Decision.objects.filter(request=request).select_related("decided_by").last()
        if decision is not None:
            decided_at = decision.decided_at
            word = "approved" if decision.approved else "rejected"
            title = f"{decision.decided_by} {word}: {request.title}"
            sides = request.open_approvals
            if sides:
                title = f"{title}; {' and '.join(each.side for each in sides)} decide next"
            audience = {request.requester_id: "you asked for it"}
            yield News(f"request.{word}", title, request.get_absolute_url(), audience)
            new = [each for each in sides if each.opened_at and each.opened_at >= decided_at]
            yield from _call(request, new, "request.submitted", "asks")


def _finished(event: OutboxEvent) -> Iterator[News]:
    for request in _request(event):
        word = FINISHED.get(event.payload.get("state", ""))
        if word:
            title, audience = f"{request.title}: {word}", {request.requester_id: "you asked for it"}
            yield News("request.finished", title, request.get_absolute_url(), audience)


def _demanded(event: OutboxEvent) -> Iterator[News]:
    word = DEMANDED.get(event.payload["state"])
    for demand in Demand.objects.filter(pk=event.payload["demand_id"]) if word else ():
        voters = DemandVote.objects.filter(demand=demand).values_list("user_id", flat=True)
        audience = dict.fromkeys(voters, "you need it too")
        if demand.author_id:
            audience[demand.author_id] = "you asked for it"
        yield News("demand", f"{demand.title}: {word}", demand.get_absolute_url(), audience)


def _expiring(event: OutboxEvent) -> Iterator[News]:
    rows = Instance.objects.filter(pk=event.payload["instance_id"]).select_related("resource")
    for each in rows:
        day = each.resource.expires_on
        title = f"{each.name} is removed on {day:%d %b %Y}" if day else f"{each.name} is removed"
        yield News("resource.expiring", title, each.get_absolute_url(), members(each.owner_id))


def _disabled(event: OutboxEvent) -> Iterator[News]:
    """A webhook that does not answer is not called any more: its team's owners hear of it."""
    rows = Webhook.objects.filter(pk=event.payload["webhook_id"]).select_related("team")
    for each in rows.defer("secret", "old_secret"):
        audience = members(each.team_id, f"you own {each.team.name}", role=TeamRole.OWNER)
        title = f"The webhook {each.name} was disabled: {each.disabled_reason}"
        yield News("webhook.disabled", title, each.get_absolute_url(), audience)


def _token_ending(event: OutboxEvent) -> Iterator[News]:
    """Whoever has the token hears of it, and who owns the team that it acts for."""
    tokens = ApiToken.objects.live().filter(pk=event.payload["token_id"])
    for each in tokens.for_lists():
        audience = {} if each.user.is_service_account else {each.user_id: "it is yours"}
        if each.team is not None:
            owners = members(each.team.pk, f"you own {each.team.name}", role=TeamRole.OWNER)
            audience = owners | audience
        title = f"The token {each.name} ends on {each.expires_at:%d %b %Y}"
        yield News("token.ending", title, reverse("accounts:tokens"), audience)


def _request(event: OutboxEvent) -> Iterator[Request]:
    named = Request.objects.with_sides()
    yield from named.filter(pk=event.payload["request_id"])


PRODUCT_VERBS = {
    "product.published": "was published",
    "product.deprecated": "was deprecated",
    "product.retired": "was retired",
}
FINISHED = {RequestState.SUCCEEDED: "done", RequestState.FAILED: "failed"}
DEMANDED = {
    DemandState.TAKEN: "a team took it up",
    DemandState.ANSWERED: "there is a product for it now",
    DemandState.DECLINED: "declined",
}
WRITERS: Mapping[str, Callable[[OutboxEvent], Iterator[News]]] = MappingProxyType(
    {
        **ACCESS_WRITERS,
        **INCIDENT_WRITERS,
        "announcement.made": _announced,
        "product.moved": _moved,
        "comment.made": _commented,
        "contract.version-saved": _versioned,
        "port.change-announced": _breaking,
        "request.submitted": _asked,
        "request.reminded": _reminded,
        "request.escalated": _escalated,
        "resource.expiring": _expiring,
        "request.decided": _decided,
        "request.finished": _finished,
        "demand.changed": _demanded,
        "webhook.disabled": _disabled,
        "token.ending": _token_ending,
    }
)
