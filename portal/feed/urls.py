from django.urls import path

from portal.feed.views import webhooks

app_name = "feed"
urlpatterns = [
    path("settings/webhooks/", webhooks.index, name="webhooks"),
    path("settings/webhooks/new/", webhooks.new, name="webhook-new"),
    path("settings/webhooks/<uuid:pk>/", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<uuid:pk>/edit/", webhooks.edit, name="webhook-edit"),
    path("settings/webhooks/<uuid:pk>/act/", webhooks.act, name="webhook-act"),
    path("settings/webhooks/<uuid:pk>/remove/", webhooks.remove, name="webhook-remove"),
    path(
        "settings/webhooks/<uuid:pk>/deliveries/<int:delivery>/",
        webhooks.delivery,
        name="delivery",
    ),
]
