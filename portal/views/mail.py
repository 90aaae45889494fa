"""What I get by mail."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import Invalid
from portal import services
from portal.models import Mail, Notification
from portal.states import MailGroup, Pace
from portal.views.shared import actor_in

LAST = 10  # mails that are shown


@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: HttpRequest) -> HttpResponse:
    """Choose how soon I hear of what; see what waits and what was sent."""
    actor = actor_in(request)
    chosen = {group: request.POST[group] for group in MailGroup.values if group in request.POST}
    if request.method == "POST":
        try:
            services.choose_mail(actor=actor, choices=chosen)
        except Invalid as error:
            messages.error(request, error.problems[0].message)
        else:
            messages.success(request, "Your choice is saved.")
        return redirect("portal:mail")
    assert actor.user_id is not None
    mine = services.choices_of(actor.user_id)
    waiting = Notification.objects.visible_to(actor).unread().filter(mail_at__isnull=False)
    context = {
        "mail_on": settings.MAIL_ON,
        "address": getattr(request.user, "email", ""),
        "paces": Pace.choices,
        "groups": [(each.value, each.label, mine[each.value]) for each in MailGroup],
        "waiting": waiting.order_by("mail_at", "id")[:LAST],
        "mails": Mail.objects.visible_to(actor)[:LAST],
    }
    return render(request, "portal/mail.html", context)
