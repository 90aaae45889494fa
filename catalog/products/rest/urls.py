from django.urls import path

from catalog.products.rest import descriptors, linked_data, views

urlpatterns = [
    path("products", views.ProductList.as_view(), name="products"),
    path("products/<str:fqn>", views.Product.as_view(), name="product"),
    path("products/<str:fqn>/descriptor", views.Descriptor.as_view(), name="product-descriptor"),
    path("products/<str:fqn>/publish", views.Publish.as_view(), name="product-publish"),
    path("products/<str:fqn>/deprecate", views.Deprecate.as_view(), name="product-deprecate"),
    path("products/<str:fqn>/retire", views.Retire.as_view(), name="product-retire"),
    path("catalog.jsonld", linked_data.CatalogExport.as_view(), name="catalog-linked-data"),
    path("descriptors", descriptors.Descriptors.as_view(), name="descriptors"),
]
