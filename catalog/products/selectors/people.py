"""People and teams that a form offers: short lists made by the server, never everybody."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Team, User


def people_options(typed: str) -> list[dict[str, str]]:
    """Up to ten people and ten teams whose name holds what was typed. Two statements."""
    users = User.objects.filter(is_active=True, service_of__isnull=True).filter(
        Q(username__icontains=typed) | Q(display_name__icontains=typed)
    )
    teams = Team.objects.filter(Q(slug__icontains=typed) | Q(name__icontains=typed))
    return [
        *({"value": each.username, "label": str(each)} for each in users.order_by("username")[:10]),
        *(
            {"value": f"team:{each.slug}", "label": each.name}
            for each in teams.order_by("slug")[:10]
        ),
    ]
