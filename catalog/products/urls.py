from django.urls import path

from catalog.products.views import editing, lifecycle, product

app_name = "products"
urlpatterns = [
    path("products/<str:fqn>/", product.product, name="product"),
    path("products/<str:fqn>/edit/", editing.edit, name="edit"),
    path("products/<str:fqn>/revisions/<int:number>/revert/", editing.revert, name="revert"),
    path("products/<str:fqn>/publish/", product.publish, name="publish"),
    path("products/<str:fqn>/accept/", lifecycle.accept, name="accept"),
    path("products/<str:fqn>/deprecate/", lifecycle.deprecate, name="deprecate"),
    path("products/<str:fqn>/retire/", lifecycle.retire, name="retire"),
    path("products/<str:fqn>/hand-over/", lifecycle.hand_over, name="hand-over"),
    path("products/<str:fqn>/ports/<str:port>/<int:major>/", product.port, name="port"),
]
