from django.db.models import TextChoices


class Level(TextChoices):
    PRODUCT = "product", "Product"
    DATASET = "dataset", "Dataset"
    COLUMN = "column", "Column"


class Direction(TextChoices):
    UPSTREAM = "upstream", "Upstream"
    DOWNSTREAM = "downstream", "Downstream"
    BOTH = "both", "Both"


class Side(TextChoices):
    IN = "in", "Reads"
    OUT = "out", "Writes"


class Origin(TextChoices):
    """Who says that there is an edge."""

    LINEAGE = "lineage", "Seen by lineage"
    DBT = "dbt", "Told by a dbt project"
    SQL = "sql", "Read from SQL"
    DECLARED = "declared", "Declared by the owner"
    MANUAL = "manual", "Drawn by a person"


class Hidden(TextChoices):
    """What becomes of nodes on the way that the reader may not see."""

    COUNT = "count", "Counted, and ways lead through them"
    OMIT = "omit", "As if they were not there"
