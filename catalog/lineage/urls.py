from django.urls import path

from catalog.lineage.views import explorer

app_name = "lineage"
urlpatterns = [path("lineage/", explorer.explorer, name="explorer")]
