from django.urls import path

from catalog.lineage.rest import claims, events, namespaces, tools, views

urlpatterns = [
    path("lineage", views.Lineage.as_view(), name="lineage"),
    path("lineage/batch", events.LineageBatch.as_view(), name="lineage-batch"),
    path("lineage/datasets", claims.Datasets.as_view(), name="lineage-datasets"),
    path("lineage/datasets/claim", claims.Claim.as_view(), name="lineage-claim"),
    path("lineage/datasets/unclaim", claims.Unclaim.as_view(), name="lineage-unclaim"),
    path("lineage/namespaces", namespaces.Namespaces.as_view(), name="lineage-namespaces"),
    path(
        "lineage/namespaces/release",
        namespaces.NamespaceRelease.as_view(),
        name="lineage-namespace-release",
    ),
    path("lineage/edges", claims.Edges.as_view(), name="lineage-edges"),
    path("lineage/edges/<str:edge>", claims.Edge.as_view(), name="lineage-edge"),
    path("lineage/dbt", tools.LineageDbt.as_view(), name="lineage-dbt"),
    path("lineage/sql", tools.LineageSql.as_view(), name="lineage-sql"),
    path("lineage/impact", views.LineageImpact.as_view(), name="lineage-impact"),
    path("lineage/path", views.LineagePath.as_view(), name="lineage-path"),
    path("lineage/sources", views.LineageSources.as_view(), name="lineage-sources"),
    path("lineage/orphans", views.LineageOrphans.as_view(), name="lineage-orphans"),
    path("lineage/cycles", views.LineageCycles.as_view(), name="lineage-cycles"),
]
