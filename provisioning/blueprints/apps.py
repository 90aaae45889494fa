from django.apps import AppConfig

HOUR_S = 3600


class BlueprintsConfig(AppConfig):
    name = "provisioning.blueprints"
    label = "blueprints"

    def ready(self) -> None:
        """Ends what has an end, and tells on the pages of resources what made them."""
        from core import outbox, panels
        from provisioning.blueprints import extensions, services
        from provisioning.blueprints.selectors.targeting import NamingBlueprints
        from provisioning.blueprints.selectors.using import (
            inhabitants_of_domain,
            ports_of_product,
            readers_of_product,
        )
        from provisioning.blueprints.views import panels as views
        from provisioning.blueprints.views.offers import target_offers
        from provisioning.drivers.extensions import register_target_users
        from provisioning.jobs import extensions as jobs

        register_target_users(NamingBlueprints())
        outbox.subscribe("target.registered", services.offer_waiting)
        extensions.register_users(inhabitants_of_domain)
        extensions.register_users(ports_of_product)
        extensions.register_users(readers_of_product)
        jobs.periodic("expire-resources", HOUR_S, services.retire_expired)
        jobs.periodic("warn-expiring-resources", HOUR_S, services.warn_expiring)
        panels.register("target.main", target_offers)
        panels.register("resource.head", views.resource_actions)
        panels.register("resource.main", views.resource_parameters)
        panels.register("resource.rail", views.resource_origin)
