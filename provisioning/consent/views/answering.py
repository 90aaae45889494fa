"""Answers to an announced change, and owners who go on in spite of one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.actors import Actor
from core.clock import parse_day
from core.errors import Invalid, InvalidTransition
from provisioning.consent import services
from provisioning.consent.models import Consent
from provisioning.consent.services import AnswerData
from provisioning.consent.views.typed import keep_typed


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept, ask for time, or block."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    consent = find_consent(actor, pk)
    values = {name: request.POST.get(name, "").replace("\0", "") for name in ("note", "until")}
    data = AnswerData(
        answer=request.POST.get("answer", ""),
        until=parse_day(values["until"]),
        note=values["note"],
    )
    try:
        services.answer_consent(data, consent=consent, actor=actor)
    except (Invalid, InvalidTransition) as error:
        _complain(request, error)
        if isinstance(error, Invalid):
            keep_typed(request, consent.pk, values, error)
    else:
        messages.success(request, "Your answer is with the owner. You may change it until the day.")
    return redirect(consent.grant)


@require_POST
def overrule(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the change come on its day in spite of an answer."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    consent = find_consent(actor, pk)
    note = request.POST.get("note", "").replace("\0", "")
    try:
        services.overrule_consent(consent=consent, note=note, actor=actor)
    except (Invalid, InvalidTransition) as error:
        _complain(request, error)
    else:
        messages.success(request, f"{consent.grant.consumer} is told that the change comes.")
    return redirect(consent.grant.port)


def find_consent(actor: Actor, pk: int) -> Consent:
    """A consent that the actor may see, with its grant and port; else 404."""
    visible = Consent.objects.visible_to(actor).for_lists()
    return get_object_or_404(visible.select_related("grant__port__product__domain"), pk=pk)


def _complain(request: HttpRequest, error: Invalid | InvalidTransition) -> None:
    problems = error.problems if isinstance(error, Invalid) else []
    messages.error(request, " ".join(each.message for each in problems) or str(error))
