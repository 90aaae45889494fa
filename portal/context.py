"""What the frame of every page needs."""

from collections import Counter
from functools import cache, cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.db.models import Value
from django.http import HttpRequest
from django.urls import reverse

from accounts.actors import Actor
from core import prepared
from core.reading import compiled
from portal.models import Notification
from portal.selectors import near_names, near_nodes
from provisioning.requests.models import Request

MOST_WAITING = 100  # beyond it, nobody counts
GO = {  # `g` and this letter lead there
    "portal:home": "h",
    "search:marketplace": "m",
    "lineage:explorer": "l",
    "blueprints:services": "s",
    "requests:requests": "r",
    "requests:approvals": "a",
    "access:mine": "y",
    "quality:incidents": "i",
    "governance:policies": "p",
    "portal:domains": "d",
    "portal:teams": "t",
    "jobs:jobs": "j",
}
NAV = [
    ("Home", "portal:home", "home"),
    ("Marketplace", "search:marketplace", "market"),
    ("Lineage", "lineage:explorer", "lineage"),
    ("Services", "blueprints:services", "services"),
    ("Requests", "requests:requests", "requests"),
    ("Approvals", "requests:approvals", "approvals"),
    ("My access", "access:mine", "key"),
    ("Incidents", "quality:incidents", "warn"),
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
    ("Webhooks", "feed:webhooks", "bell"),
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
    waiting = _Waiting(actor)
    return context | {
        "nav": [_item(request, *item, waiting=waiting) for item in NAV],
        "nav_platform": [_item(request, *item) for item in NAV_PLATFORM],
        "unread": waiting.unread,
        "viewer": {"name": str(user), "short": initials(str(user))},
        "actor": actor,
        "near_names": lambda: _near(request, actor),  # asked by the page "Nothing here"
    }


def _near(request: HttpRequest, actor: Actor) -> list[dict[str, str]]:
    if request.path == _address("lineage:explorer"):
        return near_nodes(actor, request.GET.get("node", "").strip())
    return near_names(actor, request.path)


class _Waiting:
    """What waits for the reader; costs one SQL statement, and only when the frame is drawn."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def requests(self) -> int:
        return self._kinds["request"]

    def unread(self) -> int:
        return self._kinds["notification"]

    @cached_property
    def _kinds(self) -> Counter[str]:
        sql, parameters = _waiting_statement(self.actor)
        return Counter(kind for (kind,) in prepared.ask(sql, *parameters))


@lru_cache(maxsize=1_000)
def _waiting_statement(actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """SQL and parameters, of which one row stands for one thing that waits.

    Kept for a person and their rights: Django takes longer to put it together than the database
    to answer it, and it is asked for every page.
    """
    requests = Request.objects.decidable_by(actor).order_by()
    unread = Notification.objects.visible_to(actor).unread().order_by()
    found = requests.values_list(Value("request"))[:MOST_WAITING].union(
        unread.values_list(Value("notification"))[:MOST_WAITING], all=True
    )
    return compiled(found)


_address = cache(reverse)  # of pages without arguments


def _item(
    request: HttpRequest, label: str, name: str, icon: str, *, waiting: _Waiting | None = None
) -> dict[str, Any]:
    url = _address(name)
    below = (url, *BELOW.get(name, ()))
    current = request.path == url or (url != "/" and request.path.startswith(below))
    count = waiting.requests if waiting and name == "requests:approvals" else None
    return {
        "label": label,
        "url": url,
        "icon": icon,
        "current": current,
        "count": count,
        "go": GO.get(name, ""),
    }


def initials(name: str) -> str:
    """`Sales Data team` → `SD`; two letters at most."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"
