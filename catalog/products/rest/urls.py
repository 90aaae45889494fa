from django.urls import path

from catalog.products.rest import demands, descriptors, views

urlpatterns = [
    path("products", views.ProductList.as_view(), name="products"),
    path("products/<str:fqn>", views.Product.as_view(), name="product"),
    path("products/<str:fqn>/descriptor", views.Descriptor.as_view(), name="product-descriptor"),
    path("products/<str:fqn>/publish", views.Publish.as_view(), name="product-publish"),
    path("products/<str:fqn>/deprecate", views.Deprecate.as_view(), name="product-deprecate"),
    path("products/<str:fqn>/retire", views.Retire.as_view(), name="product-retire"),
    path("descriptors", descriptors.Descriptors.as_view(), name="descriptors"),
    path("demands", demands.DemandList.as_view(), name="demands"),
    path("demands/<uuid:demand_id>", demands.DemandDetail.as_view(), name="demand"),
    path("demands/<uuid:demand_id>/vote", demands.DemandVote.as_view(), name="demand-vote"),
    path("demands/<uuid:demand_id>/take", demands.DemandTake.as_view(), name="demand-take"),
    path("demands/<uuid:demand_id>/answer", demands.DemandAnswer.as_view(), name="demand-answer"),
    path(
        "demands/<uuid:demand_id>/decline", demands.DemandDecline.as_view(), name="demand-decline"
    ),
]
