from django.urls import path

from catalog.products import views

app_name = "products"
urlpatterns = [
    path("products/<str:fqn>/", views.product, name="product"),
    path("products/<str:fqn>/publish/", views.publish, name="publish"),
    path("products/<str:fqn>/ports/<str:port>/<int:major>/", views.port, name="port"),
]
