from django.apps import AppConfig


class ProductsConfig(AppConfig):
    name = "catalog.products"
    label = "products"

    def ready(self) -> None:
        from catalog.contracts.extensions import add_affected_parties
        from catalog.products.affected import consumers_of_contract

        add_affected_parties(consumers_of_contract)
