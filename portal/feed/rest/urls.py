from django.urls import path

from portal.feed.rest import events, webhooks

urlpatterns = [
    path("events", events.Events.as_view(), name="events"),
    path("event-types", events.EventTypes.as_view(), name="event-types"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", webhooks.WebhookItem.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/secret", webhooks.Secret.as_view(), name="webhook-secret"),
    path("webhooks/<uuid:pk>/test", webhooks.Trial.as_view(), name="webhook-test"),
    path("webhooks/<uuid:pk>/enable", webhooks.Enable.as_view(), name="webhook-enable"),
    path("webhooks/<uuid:pk>/disable", webhooks.Disable.as_view(), name="webhook-disable"),
    path("webhooks/<uuid:pk>/redeliver", webhooks.Redeliver.as_view(), name="webhook-redeliver"),
    path("webhooks/<uuid:pk>/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path(
        "webhooks/<uuid:pk>/deliveries/<int:delivery>/redeliver",
        webhooks.RedeliverOne.as_view(),
        name="delivery-redeliver",
    ),
]
