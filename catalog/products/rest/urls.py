from django.urls import path

from catalog.products.rest import (
    demands,
    descriptors,
    editing,
    linked_data,
    ports,
    systems,
    talk,
    views,
)

urlpatterns = [
    path("products", views.ProductList.as_view(), name="products"),
    path("products/<str:fqn>", views.Product.as_view(), name="product"),
    path("products/<str:fqn>/descriptor", views.Descriptor.as_view(), name="product-descriptor"),
    path("products/<str:fqn>/revisions", editing.Revisions.as_view(), name="product-revisions"),
    path("products/<str:fqn>/revert", editing.Revert.as_view(), name="product-revert"),
    path("products/<str:fqn>/hand-over", editing.HandOver.as_view(), name="product-hand-over"),
    path(
        "products/<str:fqn>/former-names/<str:name>",
        editing.FormerNameItem.as_view(),
        name="former-name",
    ),
    path("products/<str:fqn>/accept", views.Accept.as_view(), name="product-accept"),
    path("products/<str:fqn>/publish", views.Publish.as_view(), name="product-publish"),
    path("products/<str:fqn>/deprecate", views.Deprecate.as_view(), name="product-deprecate"),
    path("products/<str:fqn>/retire", views.Retire.as_view(), name="product-retire"),
    path("products/<str:fqn>/follow", talk.FollowItem.as_view(), name="product-follow"),
    path("products/<str:fqn>/announcements", talk.AnnouncementList.as_view(), name="announcements"),
    path(
        "products/<str:fqn>/announcements/<int:announcement_id>",
        talk.AnnouncementItem.as_view(),
        name="announcement",
    ),
    path("products/<str:fqn>/comments", talk.CommentList.as_view(), name="comments"),
    path(
        "products/<str:fqn>/comments/<int:comment_id>", talk.CommentItem.as_view(), name="comment"
    ),
    path("systems", systems.SystemList.as_view(), name="systems"),
    path("systems/<str:fqn>", systems.SystemItem.as_view(), name="system"),
    path(
        "systems/<str:fqn>/former-names/<str:name>",
        systems.FormerNameItem.as_view(),
        name="system-former-name",
    ),
    path(
        "systems/<str:fqn>/ports/<str:name>/document",
        systems.PortDocument.as_view(),
        name="system-port-document",
    ),
    path("catalog.jsonld", linked_data.CatalogExport.as_view(), name="catalog-linked-data"),
    path("descriptors", descriptors.Descriptors.as_view(), name="descriptors"),
    path("ports", ports.Ports.as_view(), name="ports"),
    path("columns", ports.Columns.as_view(), name="columns"),
    path("demands", demands.DemandList.as_view(), name="demands"),
    path("demands/<uuid:demand_id>", demands.DemandDetail.as_view(), name="demand"),
    path("demands/<uuid:demand_id>/vote", demands.DemandVote.as_view(), name="demand-vote"),
    path("demands/<uuid:demand_id>/take", demands.DemandTake.as_view(), name="demand-take"),
    path("demands/<uuid:demand_id>/answer", demands.DemandAnswer.as_view(), name="demand-answer"),
    path(
        "demands/<uuid:demand_id>/decline", demands.DemandDecline.as_view(), name="demand-decline"
    ),
]
