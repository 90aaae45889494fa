from django.urls import path

from catalog.quality.rest import views

urlpatterns = [
    path("products/<str:fqn>/quality", views.ProductQuality.as_view(), name="product-quality"),
]
