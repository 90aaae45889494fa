"""Questions and remarks on a product, with one level of replies."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from accounts.models import User
from catalog.products import policies
from catalog.products.models import Comment, DataProduct
from core import audit, outbox
from core.errors import DomainError, Invalid, InvalidTransition, NotAllowed
from core.problems import Problem

LONGEST = 5_000  # characters
MAX_AN_HOUR = 20  # of one person
MAX_REPLIES = 100  # to one comment
HOUR = dt.timedelta(hours=1)


class TooManyComments(DomainError):
    """One person wrote more than a conversation holds; others should be heard too."""

    code = "too-many-comments"
    status = 429


@transaction.atomic
def write_comment(
    *, product: DataProduct, body: str, actor: Actor, parent: Comment | None = None
) -> Comment:
    """Say something on a product; a reply to a reply joins the same thread.

    Raises:
        NotAllowed: nobody is logged in.
        Invalid: no words, too many, a comment of another product, or a full thread.
        TooManyComments: the actor wrote `MAX_AN_HOUR` within the last hour.
    """
    if actor.user_id is None:
        raise NotAllowed("Log in to comment.")
    text = _valid(body)
    if parent is not None:
        parent = _thread(product, parent)
    _require_calm(actor.user_id)
    comment = Comment.objects.create(
        product=product, parent=parent, author_id=actor.user_id, body=text
    )
    outbox.emit("comment.made", key=product.pk, product_id=str(product.pk), comment_id=comment.pk)
    _record(comment, actor, "comment.made")
    return comment


@transaction.atomic
def edit_comment(*, comment: Comment, body: str, actor: Actor) -> Comment:
    """Change one's own words; it says that they were changed.

    Raises:
        NotAllowed: they are another's.
        InvalidTransition: the comment was removed.
        Invalid: no words, or too many.
    """
    _require_there(comment)
    if not policies.can_edit_comment(actor, comment):
        raise NotAllowed("Only its author may change a comment.")
    text = _valid(body)
    standing = Comment.objects.filter(pk=comment.pk, removed_at__isnull=True)
    if not standing.update(body=text, edited_at=Now()):
        raise _removed()
    comment.refresh_from_db(fields=["body", "edited_at"])
    _record(comment, actor, "comment.edited")
    return comment


@transaction.atomic
def remove_comment(*, comment: Comment, actor: Actor) -> None:
    """Take the words away; the place stays, so that replies keep their sense.

    Raises:
        NotAllowed: `actor` is not its author, in the owning team, a steward or administrator.
        InvalidTransition: it was removed before.
    """
    _require_there(comment)
    if not policies.can_remove_comment(actor, comment):
        raise NotAllowed("Only its author, the owners of the product and stewards may remove it.")
    standing = Comment.objects.filter(pk=comment.pk, removed_at__isnull=True)
    if not standing.update(body="", removed_at=Now()):
        raise _removed()
    _record(comment, actor, "comment.removed")


def _valid(body: str) -> str:
    text = body.replace("\r\n", "\n").strip()
    problem = None
    if not text:
        problem = Problem("/body", "empty-value", "Write what you want to say.")
    elif "\0" in text:
        problem = Problem("/body", "value-not-storable", "Remove the character NUL.")
    elif len(text) > LONGEST:
        message = f"Use {LONGEST:,} characters at most; these are {len(text):,}."
        problem = Problem("/body", "too-long", message)
    if problem is not None:
        raise Invalid("The comment cannot be kept like that.", [problem])
    return text


def _thread(product: DataProduct, parent: Comment) -> Comment:
    """The comment at the top of the thread, locked, so that its replies can be counted."""
    if parent.product_id != product.pk:
        problem = Problem("/parent", "unknown-comment", "There is no such comment here.")
        raise Invalid("The comment cannot be kept like that.", [problem])
    top = Comment.objects.select_for_update().get(pk=parent.parent_id or parent.pk)
    if top.replies.count() >= MAX_REPLIES:
        problem = Problem("/parent", "thread-full", "This thread is full; begin a new one.")
        raise Invalid("The comment cannot be kept like that.", [problem])
    return top


def _require_calm(user_id: int) -> None:
    """Two calls at once must not both be the twentieth, so a person writes one after the other."""
    User.objects.select_for_update(of=("self",)).only("pk").get(pk=user_id)
    recent = Comment.objects.filter(author=user_id, created_at__gt=Now() - HOUR)
    if recent.count() >= MAX_AN_HOUR:
        raise TooManyComments(f"You may write {MAX_AN_HOUR} comments an hour. Try again later.")


def _require_there(comment: Comment) -> None:
    if comment.removed_at is not None:
        raise _removed()


def _removed() -> InvalidTransition:
    return InvalidTransition("The comment was removed.")


def _record(comment: Comment, actor: Actor, verb: str) -> None:
    audit.record(
        actor=actor.name,
        verb=verb,
        kind="comment",
        object_id=comment.pk,
        fqn=comment.product.fqn,
    )
