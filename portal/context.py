"""What the frame of every page needs."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal.selectors import near_names
from provisioning.requests.models import Request

NAV = [
    ("Home", "portal:home", "home"),
    ("Marketplace", "search:marketplace", "market"),
    ("Lineage", "lineage:explorer", "lineage"),
    ("Services", "blueprints:services", "services"),
    ("Requests", "requests:requests", "requests"),
    ("Approvals", "requests:approvals", "approvals"),
    ("My access", "access:mine", "key"),
    ("Policies", "governance:policies", "policies"),
]
NAV_PLATFORM = [
    ("Domains", "portal:domains", "domain"),
    ("Teams", "portal:teams", "people"),
    ("Systems", "products:systems", "system"),
    ("Glossary", "governance:glossary", "file"),
    ("Jobs", "jobs:jobs", "retry"),
    ("Resources", "jobs:resources", "db"),
    ("Targets", "drivers:targets", "s_now"),
]
BELOW = {  # pages that lie below another one's address: they mark its entry
    "search:marketplace": ("/products/", "/demands/", "/contracts/"),
    "governance:policies": ("/classification/",),
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Navigation, viewer and portal name; nothing for visitors and fragments."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"portal_name": settings.PORTAL_NAME}
    if user is None or not user.is_authenticated:
        return context
    actor = request.actor  # type: ignore[attr-defined]
    waiting = _Lazy(lambda: Request.objects.decidable_by(actor)[:100].count())
    return context | {
        "nav": [_item(request, *item, waiting=waiting) for item in NAV],
        "nav_platform": [_item(request, *item) for item in NAV_PLATFORM],
        "viewer": {"name": str(user), "short": initials(str(user))},
        "actor": actor,
        "near_names": lambda: near_names(actor, request.path),  # asked by the page "Nothing here"
    }


class _Lazy:
    """A number that costs SQL only when the frame is drawn."""

    def __init__(self, compute: Any) -> None:
        self.compute = compute

    def __call__(self) -> int:
        return int(self.compute())


_address = cache(reverse)  # of pages without arguments


def _item(
    request: HttpRequest, label: str, name: str, icon: str, *, waiting: _Lazy | None = None
) -> dict[str, Any]:
    url = _address(name)
    below = (url, *BELOW.get(name, ()))
    current = request.path == url or (url != "/" and request.path.startswith(below))
    count = waiting if name == "requests:approvals" else None
    return {"label": label, "url": url, "icon": icon, "current": current, "count": count}


def initials(name: str) -> str:
    """`Sales Data team` → `SD`; two letters at most."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"
