from django.urls import path

from catalog.products import systems_views, talk_views, views

app_name = "products"
urlpatterns = [
    path("products/<str:fqn>/", views.product, name="product"),
    path("products/<str:fqn>/publish/", views.publish, name="publish"),
    path("products/<str:fqn>/ports/<str:port>/<int:major>/", views.port, name="port"),
    path("products/<str:fqn>/follow/", talk_views.follow, name="follow"),
    path(
        "products/<str:fqn>/announcements/new/",
        talk_views.announcement_new,
        name="announcement-new",
    ),
    path(
        "products/<str:fqn>/announcements/<int:announcement_id>/",
        talk_views.announcement_edit,
        name="announcement-edit",
    ),
    path(
        "products/<str:fqn>/announcements/<int:announcement_id>/end/",
        talk_views.announcement_end,
        name="announcement-end",
    ),
    path("products/<str:fqn>/comments/", talk_views.comment_new, name="comment-new"),
    path(
        "products/<str:fqn>/comments/<int:comment_id>/",
        talk_views.comment_edit,
        name="comment-edit",
    ),
    path(
        "products/<str:fqn>/comments/<int:comment_id>/remove/",
        talk_views.comment_remove,
        name="comment-remove",
    ),
    path("systems/", systems_views.systems, name="systems"),
    path("systems/<str:fqn>/", systems_views.system, name="system"),
    path(
        "systems/<str:fqn>/ports/<str:port>/document/",
        systems_views.port_source,
        name="system-port-source",
    ),
]
