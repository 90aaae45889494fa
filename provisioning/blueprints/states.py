from django.db.models import TextChoices


class Action(TextChoices):
    """What can be asked for something that a blueprint made."""

    UPDATE = "update", "Change"
    UPGRADE = "upgrade", "Upgrade"
    RETIRE = "retire", "Retire"


FORM_ACTIONS = (Action.UPDATE.value, Action.UPGRADE.value)  # those that fill in a form
