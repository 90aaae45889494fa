from django.urls import path

from catalog.lineage import views

app_name = "lineage"
urlpatterns = [path("lineage/", views.explorer, name="explorer")]
