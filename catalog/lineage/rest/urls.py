from django.urls import path

from catalog.lineage.rest import views

urlpatterns = [
    path("lineage", views.Lineage.as_view(), name="lineage"),
    path("lineage/batch", views.LineageBatch.as_view(), name="lineage-batch"),
]
