"""A blueprint is registered as a whole or refused with every reason and its place."""

import pytest

from accounts.actors import system_actor
from accounts.states import TeamRole
from core.documents import dump_yaml, load_documents
from core.errors import Invalid, NotAllowed
from provisioning.blueprints.formats.builtin import BUILTIN
from provisioning.blueprints.models import Blueprint, BlueprintVersion
from provisioning.blueprints.services import register_blueprint, register_builtin
from tests.factories import TeamFactory, actor_for, member_of

TEXT = (BUILTIN / "data-product-postgresql.yaml").read_text()


def changed(*path, to):
    """The built-in document with one value changed."""
    data = load_documents(TEXT)[0].data
    node = data
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = to
    return dump_yaml(data)


@pytest.mark.django_db
def test_the_builtin_blueprint_is_registered_once():
    platform = TeamFactory()

    first = register_builtin(actor=system_actor(), owner_team=platform)
    again = register_builtin(actor=system_actor(), owner_team=platform)

    assert [version.pk for version in first] == [version.pk for version in again]
    assert {each.current.number for each in Blueprint.objects.all()} == {1}
    waiting = {"object-storage"}  # for a target of that name
    names = {path.stem for path in BUILTIN.glob("*.yaml")}
    assert set(Blueprint.objects.values_list("slug", flat=True)) == names - waiting


@pytest.mark.django_db
def test_a_changed_document_becomes_the_next_version_and_the_old_one_stays():
    platform = TeamFactory()
    register_blueprint(text=TEXT, owner=platform, actor=system_actor())

    text = changed("title", to="Product in PostgreSQL")
    version, action = register_blueprint(text=text, owner=platform, actor=system_actor())

    assert (version.number, action) == (2, "update")
    assert Blueprint.objects.get().title == "Product in PostgreSQL"
    assert BlueprintVersion.objects.get(number=1).text == TEXT


@pytest.mark.django_db
def test_the_form_keeps_the_order_of_the_document():
    version, _ = register_blueprint(text=TEXT, owner=TeamFactory(), actor=system_actor())

    stored = BlueprintVersion.objects.get(pk=version.pk).content

    assert list(stored.properties)[:4] == ["name", "purpose", "archetype", "domain"]


NAME = ("parameters", "properties", "name")


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ((*NAME, "if"), {}, "/parameters/properties/name/if"),
        ((*NAME, "$ref"), "http://example.org/x", "/parameters/properties/name/$ref"),
        ((*NAME, "x-ui", "widget"), "html", "/parameters/properties/name/x-ui/widget"),
        ((*NAME, "type"), "object", "/parameters/properties/name/type"),
        (("parameters", "allOf"), [], "/parameters/allOf"),
        (("parameters", "required", 0), "nope", "/parameters/required/0"),
        (("parameters", "oneOf", 0, "required", 0), "nope", "/parameters/oneOf/0/required/0"),
        (("steps", 0, "spec", "slug"), "${secret}", "/steps/0/spec/slug"),
        (("steps", 0, "spec", "slug"), "${slug.__class__}", "/steps/0/spec/slug"),
        (("steps", 0, "driver"), "nobody", "/steps/0/driver"),
        (("steps", 0, "action"), "explode", "/steps/0/action"),
        (("steps",), [], "/steps"),
        (("example", "classification"), "secret", "/example/classification"),
        (("makes",), "Cake!", "/makes"),
    ],
)
@pytest.mark.django_db
def test_what_a_form_cannot_draw_or_a_driver_not_do_is_refused_at_its_place(path, value, pointer):
    with pytest.raises(Invalid) as refusal:
        register_blueprint(text=changed(*path, to=value), owner=TeamFactory(), actor=system_actor())

    assert pointer in [problem.pointer for problem in refusal.value.problems]
    assert all(problem.line for problem in refusal.value.problems)
    assert not Blueprint.objects.exists()


@pytest.mark.django_db
def test_owners_of_any_team_publish_and_the_name_is_their_teams_from_then_on():
    team, other = TeamFactory(), TeamFactory()
    owner = actor_for(member_of(team))
    contributor = actor_for(member_of(team, TeamRole.CONTRIBUTOR))
    engineer = actor_for(member_of(team, TeamRole.CONTRIBUTOR, portal_role="platform"))

    for actor, whose in ((contributor, team), (owner, other), (engineer, other)):
        with pytest.raises(NotAllowed):
            register_blueprint(text=TEXT, owner=whose, actor=actor)
    assert not Blueprint.objects.exists()

    register_blueprint(text=TEXT, owner=team, actor=owner)
    with pytest.raises(NotAllowed, match="belongs to"):
        register_blueprint(text=changed("title", to="Mine now"), owner=other, actor=system_actor())
    register_blueprint(text=changed("title", to="Better"), owner=team, actor=engineer)
    assert Blueprint.objects.get().owner == team
    assert BlueprintVersion.objects.count() == 2
