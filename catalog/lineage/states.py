from django.db.models import TextChoices


class Level(TextChoices):
    PRODUCT = "product", "Product"
    DATASET = "dataset", "Dataset"
    COLUMN = "column", "Column"


class Direction(TextChoices):
    UPSTREAM = "upstream", "Upstream"
    DOWNSTREAM = "downstream", "Downstream"
    BOTH = "both", "Both"
