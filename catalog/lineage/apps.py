from django.apps import AppConfig


class LineageConfig(AppConfig):
    name = "catalog.lineage"
    label = "lineage"

    def ready(self) -> None:
        from catalog.contracts.extensions import add_affected_parties
        from catalog.governance.extensions import AddedFact, add_fact
        from catalog.lineage import panels as lineage_panels
        from catalog.lineage.selectors.affected import hit_by_contract
        from catalog.lineage.selectors.classes import underclassed_columns
        from catalog.lineage.services import (
            match_datasets_of_ports,
            match_datasets_of_systems,
            write_declared_edges,
        )
        from catalog.products import extensions as products
        from core import outbox, panels

        outbox.subscribe_many("port.changed", match_datasets_of_ports)
        outbox.subscribe_many("system.changed", match_datasets_of_systems)
        add_fact("product", AddedFact("underclassed_columns", 0, 0, underclassed_columns))
        products.on_links_changed(write_declared_edges)
        add_affected_parties(hit_by_contract)
        panels.register("product.ending", lineage_panels.product_impact)
        panels.register("port.columns", lineage_panels.port_columns)
        panels.register("product.columns", lineage_panels.product_columns)
        panels.register("product.schema", lineage_panels.product_classes)
        panels.register("product.lineage", lineage_panels.product_lineage)
        panels.register("product.overview", lineage_panels.product_neighbours)
