"""Pages of the self-service catalogue, and of changes of what it made."""

from provisioning.blueprints.views.catalogue import blueprint, services
from provisioning.blueprints.views.form import change, options, request_new
from provisioning.blueprints.views.offers import offers
from provisioning.blueprints.views.registering import register, withdraw
from provisioning.blueprints.views.retiring import retire
from provisioning.blueprints.views.review import change_review, review

__all__ = [
    "blueprint",
    "change",
    "change_review",
    "offers",
    "options",
    "register",
    "request_new",
    "retire",
    "review",
    "services",
    "withdraw",
]
