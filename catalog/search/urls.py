from django.urls import path

from catalog.search import views

app_name = "search"
urlpatterns = [path("marketplace/", views.marketplace, name="marketplace")]
