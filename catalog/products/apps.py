from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "catalog.products"
    label = "products"

    def ready(self) -> None:
        """Policies may speak of products; terms say which products use them."""
        from catalog.governance.extensions import register_subjects
        from catalog.products import facts, panels
        from core import outbox
        from core import panels as slots

        register_subjects(facts.ProductSubjects())
        outbox.subscribe("product.changed", facts.product_changed)
        slots.register("term.products", panels.products_of_term)
