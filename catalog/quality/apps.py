from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "catalog.quality"
    label = "quality"
