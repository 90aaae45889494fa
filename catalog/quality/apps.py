from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "catalog.quality"
    label = "quality"

    def ready(self) -> None:
        from catalog.lineage.extensions import on_results
        from catalog.quality import panels as quality_panels
        from catalog.quality.selectors.incidents import gravest_open
        from catalog.quality.services import (
            checks_of_changed_ports,
            match_unmatched,
            rescore_domain,
            rescore_moved,
            results_of_events,
        )
        from catalog.quality.views import panels as incident_panels
        from catalog.search.extensions import mark_products
        from core import outbox, panels

        outbox.subscribe_many("port.changed", checks_of_changed_ports)
        outbox.subscribe_many("port.changed", match_unmatched)
        outbox.subscribe("quality.weights-changed", rescore_domain)
        outbox.subscribe_many("product.changed", rescore_moved)
        on_results(results_of_events)
        mark_products(gravest_open)
        panels.register("product.quality", quality_panels.product_quality)
        panels.register("product.banner", incident_panels.incident_banner)
        panels.register("product.overview", incident_panels.product_staleness, order=-1)
        panels.register("product.quality", incident_panels.product_staleness, order=-2)
