"""Who and what a wish is told to be taken up or answered by, and who is to have a product."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import Team
from catalog.products.models import DataProduct
from core.errors import Invalid
from core.problems import Problem


def team_called(slug: str, refused: str = "It cannot be taken up.") -> Team:
    """The team that shall take a wish up, or a product over.

    Raises:
        Invalid: there is none of this slug.
    """
    found = Team.objects.filter(slug=slug.replace("\0", "")).first()
    if found is None:
        problem = Problem("/team", "unknown-team", "There is no such team.")
        raise Invalid(refused, [problem])
    return found


def product_called(actor: Actor, fqn: str) -> DataProduct:
    """The product that shall answer a wish, with its owner.

    Raises:
        Invalid: there is none of this name that the actor may see.
    """
    visible = DataProduct.objects.visible_to(actor).select_related("owner")
    found = visible.filter(fqn=fqn.replace("\0", "")).first()
    if found is None:
        problem = Problem("/product", "unknown-product", "There is no product of this name.")
        raise Invalid("This product cannot answer it.", [problem])
    return found
