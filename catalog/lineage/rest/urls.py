from django.urls import path

from catalog.lineage.rest import events, views

urlpatterns = [
    path("lineage", views.Lineage.as_view(), name="lineage"),
    path("lineage/batch", events.LineageBatch.as_view(), name="lineage-batch"),
]
