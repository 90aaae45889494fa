from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "catalog.products"
    label = "products"

    def ready(self) -> None:
        """Policies may speak of products; terms and contract changes say which ones they touch."""
        from catalog.contracts.extensions import add_affected_parties, add_promised_versions
        from catalog.governance.extensions import register_subjects, register_term_users
        from catalog.products import panels
        from catalog.products.selectors.affected import consumers_of_contract, offered_versions
        from catalog.products.selectors.facts import ProductSubjects
        from catalog.products.services.gating import products_changed
        from catalog.products.services.wording import ProductTerms
        from catalog.products.views.demands import answered_demands
        from core import outbox
        from core import panels as slots

        add_affected_parties(consumers_of_contract)
        add_promised_versions(offered_versions)
        register_subjects(ProductSubjects())
        register_term_users(ProductTerms())
        outbox.subscribe_many("product.changed", products_changed)
        outbox.subscribe_many("product.measured", products_changed)
        slots.register("product.access", answered_demands, order=10)
        slots.register("term.products", panels.products_of_term)
