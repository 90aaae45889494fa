"""What migrations know of models after a new one came, against what Django builds."""

import pytest
from django.db import migrations, models
from django.db.migrations.state import InvalidBasesError, ProjectState

from core.migrations._tables import CreateModel

CASCADE = models.CASCADE


def key():
    return ("id", models.BigAutoField(primary_key=True))


def operations(create):
    """Keys to another model, to itself, to one through a third, and one that comes later."""
    yield create("Team", [key(), ("name", models.TextField())])
    parent = models.ForeignKey("self", CASCADE, related_name="children", null=True)
    team = models.ForeignKey("shop.team", CASCADE, related_name="people")
    yield create("Person", [key(), ("parent", parent), ("team", team)])
    members = models.ManyToManyField("shop.person", related_name="clubs")
    yield create("Club", [key(), ("members", members)])
    yield create("Special", [], bases=("shop.team",))
    owner = models.ForeignKey("shop.person", CASCADE, related_name="owned", null=True)
    yield migrations.AddField("team", "owner", owner)


def built(create):
    state = ProjectState()
    assert state.apps  # as the executor builds them before the first operation
    for operation in operations(create):
        operation.state_forwards("shop", state)
    return {
        model._meta.label: sorted(
            (field.name, type(field).__name__, field.related_model and field.related_model.__name__)
            for field in model._meta.get_fields(include_hidden=True)
        )
        for model in state.apps.get_models(include_auto_created=True)
    }


def test_models_know_each_other_as_in_django():
    ours = built(CreateModel)

    assert ours == built(migrations.CreateModel)
    assert ("people", "ManyToOneRel", "Person") in ours["shop.Team"]
    assert ("clubs", "ManyToManyRel", "Club") in ours["shop.Person"]


def test_only_the_new_one_is_built():
    state = ProjectState()
    assert state.apps
    first, *rest = list(operations(CreateModel))[:4]
    first.state_forwards("shop", state)
    team = state.apps.get_model("shop", "team")
    for operation in rest:
        operation.state_forwards("shop", state)

    assert state.apps.get_model("shop", "team") is team


def test_a_state_that_is_not_built_stays_so():
    state = ProjectState()
    for operation in operations(CreateModel):
        operation.state_forwards("shop", state)

    assert "apps" not in vars(state)
    assert state.apps.get_model("shop", "club")


def test_an_unknown_base_is_refused():
    state = ProjectState()
    assert state.apps
    with pytest.raises(InvalidBasesError):
        CreateModel("Odd", [], bases=("shop.nothing",)).state_forwards("shop", state)
