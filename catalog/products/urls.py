from django.urls import path

from catalog.products import views, views_demands

app_name = "products"
urlpatterns = [
    path("products/<str:fqn>/", views.product, name="product"),
    path("products/<str:fqn>/publish/", views.publish, name="publish"),
    path("products/<str:fqn>/ports/<str:port>/<int:major>/", views.port, name="port"),
    path("demands/", views_demands.demands, name="demands"),
    path("demands/new/", views_demands.new, name="demand-new"),
    path("demands/options/", views_demands.options, name="demand-options"),
    path("demands/<uuid:demand_id>/", views_demands.demand, name="demand"),
    path("demands/<uuid:demand_id>/edit/", views_demands.edit, name="demand-edit"),
    path("demands/<uuid:demand_id>/vote/", views_demands.vote, name="demand-vote"),
    path("demands/<uuid:demand_id>/take/", views_demands.take, name="demand-take"),
    path("demands/<uuid:demand_id>/answer/", views_demands.answer, name="demand-answer"),
    path("demands/<uuid:demand_id>/decline/", views_demands.decline, name="demand-decline"),
]
