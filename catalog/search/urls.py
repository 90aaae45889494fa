from django.urls import path

from catalog.search import views

app_name = "search"
urlpatterns = [
    path("marketplace/", views.marketplace, name="marketplace"),
    path("marketplace/export/", views.export, name="export"),
    path("marketplace/suggest/", views.suggestions, name="suggestions"),
    path("marketplace/saved/", views.saved_searches, name="saved-searches"),
    path("marketplace/saved/<int:pk>/", views.saved_search, name="saved-search"),
]
