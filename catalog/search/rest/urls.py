from django.urls import path

from catalog.search.rest import views

urlpatterns = [
    path("search", views.Search.as_view(), name="search"),
    path("search/suggest", views.Suggest.as_view(), name="search-suggest"),
]
