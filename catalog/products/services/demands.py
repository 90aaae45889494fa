"""The demand board: data that people ask for, and what becomes of the wish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.actors import Actor, actor_of
from accounts.models import Domain, Team
from accounts.policies import require_act_for_team
from catalog.products import policies
from catalog.products.models import DataProduct, Demand, DemandVote
from catalog.products.states import DEMAND_SOURCES, DemandState, ProductStatus
from core import audit, outbox
from core.errors import Invalid, InvalidTransition, NotAllowed
from core.problems import Problem

ANSWERING = frozenset({ProductStatus.DRAFT, ProductStatus.ACTIVE})
LONGEST = {"title": 200, "need": 5_000, "answer": 2_000}  # characters
WITHDRAWN = "Withdrawn by its author."


@dataclass(frozen=True)
class DemandData:
    """What is asked for; `need` is Markdown, `domain` None where nobody knows."""

    title: str
    need: str
    domain: Domain | None = None


@transaction.atomic
def post_demand(*, data: DemandData, actor: Actor) -> Demand:
    """Ask for data that does not exist.

    Raises:
        Invalid: title or need is missing or too long.
        NotAllowed: nobody is logged in.
    """
    if not actor.user_id:
        raise NotAllowed("Sign in to ask for data.")
    _require_texts(title=data.title, need=data.need)
    demand = Demand.objects.create(
        title=data.title.strip(),
        need=data.need.strip(),
        domain=data.domain,
        author_id=actor.user_id,
    )
    _tell(demand, actor, "demand.posted", title=demand.title)
    return demand


@transaction.atomic
def edit_demand(*, demand: Demand, data: DemandData, actor: Actor) -> Demand:
    """Say it better, while nobody has taken it up.

    Raises:
        Invalid: title or need is missing or too long.
        NotAllowed: somebody else wrote it.
        InvalidTransition: it is not open any more.
    """
    if not policies.is_demand_author(actor, demand):
        raise NotAllowed("Only the author may change it.")
    _require_texts(title=data.title, need=data.need)
    changed = Demand.objects.filter(pk=demand.pk, state=DemandState.OPEN).update(
        title=data.title.strip(), need=data.need.strip(), domain=data.domain, updated_at=Now()
    )
    demand.refresh_from_db()
    if not changed:
        raise _not_from(demand, "be changed")
    _tell(demand, actor, "demand.edited", title=demand.title)
    return demand


@transaction.atomic
def vote(*, demand: Demand, actor: Actor) -> Demand:
    """Say “I need it too”; saying it twice counts once.

    Raises:
        NotAllowed: it is the actor's own, or nobody is logged in.
        InvalidTransition: it is answered or declined.
    """
    locked, user_id = _locked_for_vote(demand, actor)
    _, is_new = DemandVote.objects.get_or_create(demand=locked, user_id=user_id)
    return _counted(locked, actor, 1 if is_new else 0, "demand.voted")


@transaction.atomic
def unvote(*, demand: Demand, actor: Actor) -> Demand:
    """Take one's vote back; without one nothing changes.

    Raises:
        NotAllowed: it is the actor's own, or nobody is logged in.
        InvalidTransition: it is answered or declined.
    """
    locked, user_id = _locked_for_vote(demand, actor)
    gone, _ = DemandVote.objects.filter(demand=locked, user_id=user_id).delete()
    return _counted(locked, actor, -1 if gone else 0, "demand.unvoted")


@transaction.atomic
def take_demand(*, demand: Demand, team: Team, actor: Actor) -> Demand:
    """A team promises to look after it.

    Raises:
        NotAllowed: the actor does not act for the team.
        InvalidTransition: it is not open any more.
    """
    require_act_for_team(actor, team)
    return _move(demand, DemandState.TAKEN, actor, team=team)


@transaction.atomic
def answer_demand(*, demand: Demand, product: DataProduct, actor: Actor, note: str = "") -> Demand:
    """Name the product that answers it.

    A draft is shown to the author once it is published; a published one must be seen by the author.

    Raises:
        NotAllowed: the actor acts neither for the team that took it up nor, while it is open, for
            the owner of the product.
        Invalid: the product is at its end, or its author cannot see it.
        InvalidTransition: it is answered or declined already.
    """
    require_act_for_team(actor, demand.team or product.owner)
    _require_texts(answer=note)
    problem = _product_problem(demand, product, actor)
    if problem is not None:
        raise Invalid("This product cannot answer it.", [problem])
    team = demand.team or product.owner
    note = note.strip()
    _move(demand, DemandState.ANSWERED, actor, team=team, product=product, answer=note)
    audit.record(
        actor=actor.name,
        verb="product.answered",
        kind="product",
        object_id=product.fqn,
        demand=demand.title,
    )
    return demand


@transaction.atomic
def decline_demand(*, demand: Demand, reason: str, actor: Actor) -> Demand:
    """Say that it will not be made, and why; an author withdraws it so, also without a reason.

    Raises:
        NotAllowed: the actor is neither its author nor responsible for its team or domain.
        Invalid: the reason is missing.
        InvalidTransition: it is answered or declined already.
    """
    _require_source(demand, DemandState.DECLINED)
    if not policies.can_decline_demand(actor, demand):
        raise NotAllowed("Only its team, the owners of its domain and stewards may decline it.")
    reason = reason.strip() or (WITHDRAWN if policies.is_demand_author(actor, demand) else "")
    if not reason:
        message = "Say why; whoever needs the data will read it."
        raise Invalid("A reason is missing.", [Problem("/reason", "reason-missing", message)])
    _require_texts(answer=reason)
    return _move(demand, DemandState.DECLINED, actor, answer=reason)


def _require_texts(**texts: str) -> None:
    problems = list(_text_problems(texts))
    if problems:
        raise Invalid("It cannot be taken like that.", problems)


def _text_problems(texts: dict[str, str]) -> Iterator[Problem]:
    for name, text in texts.items():
        if "\0" in text:
            yield Problem(f"/{name}", "unsafe-text", "Remove the character NUL.")
        if len(text) > LONGEST[name]:
            message = f"Use {LONGEST[name]:,} characters at most; these are {len(text):,}."
            yield Problem(f"/{name}", "too-long", message)
    if not texts.get("title", "-").strip():
        yield Problem("/title", "empty-value", "Say in a few words which data you need.")
    if not texts.get("need", "-").strip():
        yield Problem("/need", "empty-value", "Say what for, and what it must have.")


def _product_problem(demand: Demand, product: DataProduct, actor: Actor) -> Problem | None:
    if not DataProduct.objects.visible_to(actor).filter(pk=product.pk).exists():
        return Problem("/product", "unknown-product", "There is no product of this name.")
    if product.status not in ANSWERING:
        state = product.get_status_display().lower()
        return Problem("/product", "product-at-its-end", f"It is {state}; name another one.")
    if product.status != ProductStatus.ACTIVE or demand.author is None:
        return None
    seen = DataProduct.objects.visible_to(actor_of(demand.author)).filter(pk=product.pk)
    if seen.exists():
        return None
    message = f"{demand.author} may not see this product; widen its visibility first."
    return Problem("/product", "unseen-by-author", message)


def _locked_for_vote(demand: Demand, actor: Actor) -> tuple[Demand, int]:
    """The row, held until the vote is counted, so that two at once count as two; and who votes."""
    locked = Demand.objects.select_for_update().get(pk=demand.pk)
    if not actor.user_id:
        raise NotAllowed("Sign in to vote.")
    if policies.is_demand_author(actor, locked):
        raise NotAllowed("It is your own; it counts already.")
    if not policies.can_vote(actor, locked):
        raise _not_from(locked, "be voted for")
    return locked, actor.user_id


def _counted(demand: Demand, actor: Actor, difference: int, verb: str) -> Demand:
    if difference:
        Demand.objects.filter(pk=demand.pk).update(votes=F("votes") + difference)
        audit.record(actor=actor.name, verb=verb, kind="demand", object_id=demand.pk)
        demand.refresh_from_db(fields=["votes"])
    return demand


def _move(demand: Demand, to: DemandState, actor: Actor, **values: Any) -> Demand:
    """Compare-and-swap the state; the loser of a race gets InvalidTransition."""
    same = Demand.objects.filter(
        pk=demand.pk,
        state__in=DEMAND_SOURCES[to],
        updated_at=demand.updated_at,
    )
    moved = same.update(state=to, updated_at=Now(), **values)
    demand.refresh_from_db()
    if not moved:
        _require_source(demand, to)
        raise InvalidTransition("Somebody changed it at the same moment; look at it again.")
    _tell(demand, actor, f"demand.{to}", **_detail(demand))
    return demand


def _require_source(demand: Demand, to: DemandState) -> None:
    if demand.state not in DEMAND_SOURCES[to]:
        raise _not_from(demand, f"become {to.label.lower()}")


def _not_from(demand: Demand, what: str) -> InvalidTransition:
    state = demand.get_state_display().lower()
    return InvalidTransition(f"“{demand}” is {state} and cannot {what}.", demand=str(demand.pk))


def _detail(demand: Demand) -> dict[str, str]:
    found = {"title": demand.title}
    if demand.team is not None:
        found["team"] = demand.team.slug
    if demand.product is not None:
        found["product"] = demand.product.fqn
    return found


def _tell(demand: Demand, actor: Actor, verb: str, **detail: str) -> None:
    outbox.emit(
        "demand.changed",
        key=demand.pk,
        demand_id=str(demand.pk),
        state=demand.state,
        by=actor.name,
    )
    audit.record(actor=actor.name, verb=verb, kind="demand", object_id=demand.pk, **detail)
