from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "catalog.products"
    label = "products"

    def ready(self) -> None:
        from catalog.products.views_demands import answered_demands
        from core import panels

        panels.register("product.access", answered_demands, order=10)
