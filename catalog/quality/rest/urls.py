from django.urls import path

from catalog.quality.rest import results, views

urlpatterns = [
    path("quality-results", results.QualityResults.as_view(), name="quality-results"),
    path("products/<str:fqn>/quality", views.ProductQuality.as_view(), name="product-quality"),
]
