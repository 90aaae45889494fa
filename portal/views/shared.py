"""What several pages of the portal have in common."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from accounts.actors import Actor


def marketplace_url(**filters: Sequence[str]) -> str:
    """The marketplace with these facets chosen."""
    return f"{reverse('search:marketplace')}?{urlencode(filters, doseq=True)}"


def actor_in(request: HttpRequest) -> Actor:
    """Who asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor
