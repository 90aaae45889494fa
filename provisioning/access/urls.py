from django.urls import path

from provisioning.access.views import (
    asking,
    cart,
    checks,
    extending,
    grants,
    offering,
    sampling,
)

app_name = "access"
urlpatterns = [
    path("access/", grants.mine, name="mine"),
    path("access/new/", asking.ask, name="ask"),
    path("access/list/", cart.cart, name="cart"),
    path("access/list/add/", cart.add, name="cart-add"),
    path("access/list/remove/", cart.remove, name="cart-remove"),
    path("access/writes/", offering.offer, name="offer-writes"),
    path("access/<uuid:pk>/", grants.grant, name="grant"),
    path("access/<uuid:pk>/password/", grants.reveal, name="reveal"),
    path("access/<uuid:pk>/new-password/", grants.new_password, name="new-password"),
    path("access/<uuid:pk>/extend/", extending.extend, name="extend"),
    path("access/<uuid:pk>/sample/", sampling.sample, name="sample"),
    path("access/checks/<int:pk>/examples/", checks.examples, name="check-examples"),
    path("access/checks/<int:pk>/query/", checks.query, name="check-query"),
    path("access/<uuid:pk>/revoke/", grants.revoke, name="revoke"),
]
