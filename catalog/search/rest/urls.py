from django.urls import path

from catalog.search.rest import views

urlpatterns = [
    path("search", views.Search.as_view(), name="search"),
    path("search/suggest", views.Suggest.as_view(), name="search-suggest"),
    path("saved-searches", views.SavedSearches.as_view(), name="saved-searches"),
    path("saved-searches/<int:pk>", views.SavedSearchDetail.as_view(), name="saved-search"),
]
