from django.urls import path

from catalog.lineage.rest import events, tools, views

urlpatterns = [
    path("lineage", views.Lineage.as_view(), name="lineage"),
    path("lineage/batch", events.LineageBatch.as_view(), name="lineage-batch"),
    path("lineage/dbt", tools.LineageDbt.as_view(), name="lineage-dbt"),
    path("lineage/sql", tools.LineageSql.as_view(), name="lineage-sql"),
]
