from django.urls import path

from catalog.products.views import demands, editing, lifecycle, product, systems, talk

app_name = "products"
urlpatterns = [
    path("products/<str:fqn>/", product.product, name="product"),
    path("products/<str:fqn>/edit/", editing.edit, name="edit"),
    path("products/<str:fqn>/edit/people/", editing.people, name="people"),
    path("products/<str:fqn>/revisions/<int:number>/revert/", editing.revert, name="revert"),
    path("products/<str:fqn>/publish/", product.publish, name="publish"),
    path("products/<str:fqn>/accept/", lifecycle.accept, name="accept"),
    path("products/<str:fqn>/deprecate/", lifecycle.deprecate, name="deprecate"),
    path("products/<str:fqn>/retire/", lifecycle.retire, name="retire"),
    path("products/<str:fqn>/hand-over/", lifecycle.hand_over, name="hand-over"),
    path("products/<str:fqn>/former-names/", lifecycle.release, name="release-name"),
    path("products/<str:fqn>/ports/<str:port>/<int:major>/", product.port, name="port"),
    path("products/<str:fqn>/follow/", talk.follow, name="follow"),
    path(
        "products/<str:fqn>/announcements/new/",
        talk.announcement_new,
        name="announcement-new",
    ),
    path(
        "products/<str:fqn>/announcements/<int:announcement_id>/",
        talk.announcement_edit,
        name="announcement-edit",
    ),
    path(
        "products/<str:fqn>/announcements/<int:announcement_id>/end/",
        talk.announcement_end,
        name="announcement-end",
    ),
    path("products/<str:fqn>/comments/", talk.comment_new, name="comment-new"),
    path(
        "products/<str:fqn>/comments/<int:comment_id>/",
        talk.comment_edit,
        name="comment-edit",
    ),
    path(
        "products/<str:fqn>/comments/<int:comment_id>/remove/",
        talk.comment_remove,
        name="comment-remove",
    ),
    path("systems/", systems.systems, name="systems"),
    path("systems/<str:fqn>/", systems.system, name="system"),
    path("systems/<str:fqn>/former-names/", systems.release, name="system-release-name"),
    path(
        "systems/<str:fqn>/ports/<str:port>/document/",
        systems.port_source,
        name="system-port-source",
    ),
    path("demands/", demands.demands, name="demands"),
    path("demands/new/", demands.new, name="demand-new"),
    path("demands/options/", demands.options, name="demand-options"),
    path("demands/<uuid:demand_id>/", demands.demand, name="demand"),
    path("demands/<uuid:demand_id>/edit/", demands.edit, name="demand-edit"),
    path("demands/<uuid:demand_id>/vote/", demands.vote, name="demand-vote"),
    path("demands/<uuid:demand_id>/take/", demands.take, name="demand-take"),
    path("demands/<uuid:demand_id>/answer/", demands.answer, name="demand-answer"),
    path("demands/<uuid:demand_id>/decline/", demands.decline, name="demand-decline"),
]
