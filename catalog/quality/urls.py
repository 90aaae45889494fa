from django.urls import path

from catalog.quality import views

app_name = "quality"
urlpatterns = [path("products/<str:fqn>/checks/", views.run_checks, name="run")]
