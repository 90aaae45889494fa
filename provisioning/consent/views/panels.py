"""What consent has to say on the pages of grants and ports."""

from __future__ import annotations

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.actors import Actor
from catalog.products.models import OutputPort
from provisioning.access.models import Grant
from provisioning.consent import policies
from provisioning.consent.models import Consent
from provisioning.consent.selectors import MAX_HOLD, consent_of, consents_of_port
from provisioning.consent.states import HOLDING, ConsentState
from provisioning.consent.views.typed import typed_before


def question(request: HttpRequest, grant: Grant) -> SafeString | None:
    """The question about an announced change, with its three answers for whoever may give one."""
    consent = consent_of(grant) if grant.is_live else None
    if consent is None:
        return None
    context = {
        "consent": consent,
        "typed": typed_before(request, consent.pk),
        "latest": consent.on + MAX_HOLD,
        "may_answer": consent.state != ConsentState.OVERRULED
        and policies.can_answer(request.actor, consent),  # type: ignore[attr-defined]
    }
    return render_to_string("provisioning/consent/_question.html", context, request)


def answers(request: HttpRequest, port: OutputPort) -> SafeString | None:
    """What consumers say to the announced move of a port, for those who may see their grants."""
    actor = request.actor  # type: ignore[attr-defined]
    consents = [] if actor.is_visitor else consents_of_port(port, actor)
    if not consents:
        return None
    context = {
        "rows": [
            {"consent": each, "may_overrule": _may_overrule(actor, each)} for each in consents
        ],
        "open": sum(each.state == ConsentState.OPEN for each in consents),
    }
    return render_to_string("provisioning/consent/_answers.html", context, request)


def _may_overrule(actor: Actor, consent: Consent) -> bool:
    return consent.state in HOLDING and policies.can_overrule(actor, consent)
