from django.urls import path

from catalog.quality.views import running

app_name = "quality"
urlpatterns = [path("products/<str:fqn>/checks/", running.run_checks, name="run")]
