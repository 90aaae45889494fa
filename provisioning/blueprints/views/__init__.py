"""Pages of the self-service catalogue."""

from provisioning.blueprints.views.catalogue import services
from provisioning.blueprints.views.form import options, request_new
from provisioning.blueprints.views.review import review

__all__ = ["options", "request_new", "review", "services"]
