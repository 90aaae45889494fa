from django.urls import path

from catalog.lineage.rest import events, views

urlpatterns = [
    path("lineage", views.Lineage.as_view(), name="lineage"),
    path("lineage/batch", events.LineageBatch.as_view(), name="lineage-batch"),
    path("lineage/impact", views.LineageImpact.as_view(), name="lineage-impact"),
    path("lineage/path", views.LineagePath.as_view(), name="lineage-path"),
    path("lineage/sources", views.LineageSources.as_view(), name="lineage-sources"),
    path("lineage/orphans", views.LineageOrphans.as_view(), name="lineage-orphans"),
    path("lineage/cycles", views.LineageCycles.as_view(), name="lineage-cycles"),
]
