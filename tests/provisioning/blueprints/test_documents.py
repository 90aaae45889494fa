"""Documents in full: what is refused at registration, and where; versions; withdrawal."""

import pytest

from accounts.actors import system_actor
from core.documents import dump_yaml, load_documents
from core.errors import Invalid, InvalidTransition
from core.models import AuditEvent, OutboxEvent
from provisioning.blueprints.formats.builtin import BUILTIN
from provisioning.blueprints.models import Blueprint
from provisioning.blueprints.services import register_blueprint, withdraw_blueprint
from provisioning.drivers import registry
from tests.factories import TeamFactory
from tests.provisioning.blueprints.documents import SHELVES, put, shelf
from tests.provisioning.jobs.shelf import Shelf

pytestmark = pytest.mark.django_db
PROPERTIES = ("parameters", "properties")


@pytest.fixture(autouse=True)
def _shelf(monkeypatch):
    monkeypatch.setattr(registry, "_drivers", dict(registry._drivers))
    registry.register(Shelf())


def register(text: str, team=None):
    return register_blueprint(text=text, owner=team or TeamFactory(), actor=system_actor())


def refused(text: str) -> dict[str, str]:
    """`{pointer: code}` of what is wrong; each with its line, and nothing is there."""
    with pytest.raises(Invalid) as refusal:
        register(text)
    assert not Blueprint.objects.exists()
    assert all(problem.line for problem in refusal.value.problems)
    found: dict[str, str] = {}
    for problem in refusal.value.problems:
        found.setdefault(problem.pointer, problem.code)
    return found


def test_the_whole_document_is_taken():
    version, action = register(SHELVES)

    assert (version.number, action) == (1, "create")
    document = version.content
    assert [step.id for step in document.steps_for({"channel": "none"})] == [
        *("first", "second", "for-ever")
    ]
    assert "letters" in [step.id for step in document.steps_for({"channel": "mail"})]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ([put("unknown", to=1)], "/unknown", "unknown-field"),
        ([put("approval", to="me")], "/approval", "wrong-form"),
        ([put("approval", to="owner+team:nobody")], "/approval", "unknown-team"),
        ([put("quota", to={"team": 0})], "/quota/team", "out-of-range"),
        ([put("owner", to="others")], "/owner", "other-owner"),
        ([put("name", to="register")], "/name", "reserved-name"),
        ([put("steps", 1, "depends_on", to=["second"])], "/steps/0/depends_on", "circle"),
        ([put("steps", 1, "depends_on", to=["nothing"])], "/steps/1/depends_on/0", "unknown-step"),
        ([put("steps", 1, "id", to="second")], "/steps/1/name", "duplicate-step"),
        ([put("steps", 0, "driver", to="nobody")], "/steps/0/driver", "unknown-driver"),
        ([put("steps", 0, "action", to="explode")], "/steps/0/action", "unknown-action"),
        (
            [put("steps", 0, "driver", to="postgres"), put("steps", 0, "action", to="grant")],
            "/steps/0/action",
            "unknown-action",
        ),
        ([put("steps", 1, "spec", "name", to=7)], "/steps/1/spec/name", "spec-does-not-fit"),
        ([put("steps", 1, "spec", "extra", to="x")], "/steps/1/spec/extra", "spec-does-not-fit"),
        ([put("steps", 1, "spec", to={})], "/steps/1/spec", "spec-does-not-fit"),
        ([put("steps", 2, "spec", "x", to="y")], "/steps/2/spec/x", "spec-does-not-fit"),
        (
            [put("steps", 1, "spec", "name", to="${secret}")],
            "/steps/1/spec/name",
            "unknown-placeholder",
        ),
        (
            [put("steps", 1, "spec", "name", to="${steps.second.x}")],
            "/steps/1/spec/name",
            "unknown-placeholder",
        ),
        ([put("steps", 1, "spec", "path", to="../x")], "/steps/1/spec/path", "path-outside"),
        ([put("steps", 1, "when", to={"none": 1})], "/steps/1/when/none", "unknown-parameter"),
        (
            [put("steps", 1, "when", to={"channel": "fax"})],
            "/steps/1/when/channel",
            "bad-condition",
        ),
        (
            [put("steps", 1, "spec", "target", to="others")],
            "/steps/1/spec/target",
            "unknown-target",
        ),
        (
            [put("outputs", "where", "value", to="${x}")],
            "/outputs/where/value",
            "unknown-placeholder",
        ),
        (
            [put("outputs", "docs", "url", to="javascript:alert(1)")],
            "/outputs/docs/url",
            "wrong-form",
        ),
        ([put("outputs", "docs", "url", to="//evil.example")], "/outputs/docs/url", "wrong-form"),
        ([put("outputs", "docs", "url", to="${name}")], "/outputs/docs/url", "wrong-form"),
        (
            [put(*PROPERTIES, "label", "default", to="${upper(name)}")],
            "/parameters/properties/label/default",
            "bad-expression",
        ),
        (
            [put(*PROPERTIES, "label", "default", to="${label}")],
            "/parameters/properties/label/default",
            "circle",
        ),
        (
            [put(*PROPERTIES, "label", "default", to="${nothing}")],
            "/parameters/properties/label/default",
            "unknown-parameter",
        ),
        (
            [put(*PROPERTIES, "colour", "default", to="green")],
            "/parameters/properties/colour/default",
            "bad-default",
        ),
        (
            [put(*PROPERTIES, "address", "x-ui", "when", to={"label": "x"})],
            "/parameters/properties/address/x-ui/when/label",
            "bad-condition",
        ),
        (
            [put(*PROPERTIES, "channel", "x-ui", to={"when": {"express": True}})],
            "/parameters/properties/channel/x-ui/when",
            "circle",
        ),
        ([put(*PROPERTIES, "name", to=...)], "/parameters/required/0", "unknown-parameter"),
        ([put("example", "channel", to="mail")], "/example/address", "missing"),
        ([put("example", "colour", to="green")], "/example/colour", "not-in-list"),
        (
            [put("expires", to={"parameter": "name", "max_days": 9})],
            "/expires/parameter",
            "unknown-parameter",
        ),
        ([put("makes", to="data-product")], "/parameters/properties", "parameter-missing"),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(changes, pointer, code):
    assert refused(shelf(*changes)).get(pointer) == code


def test_a_parameter_that_stands_twice_is_refused():
    text = SHELVES.replace("    colour:", "    name: {type: string, title: Twice}\n    colour:", 1)

    assert "duplicate-key" in refused(text).values()


@pytest.mark.parametrize(
    "text",
    [
        *("", "}{", "- 1", "a: &x [*x]", "!!python/object:os.system {}", "kind: Blueprint"),
        f"{SHELVES}---\n{SHELVES}",
    ],
)
def test_other_texts_are_refused(text):
    with pytest.raises(Invalid):
        register(text)


def builtin(*changes):
    data = load_documents((BUILTIN / "data-product-postgresql.yaml").read_text())[0].data
    for change in changes:
        change(data)
    return dump_yaml(data)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (put("steps", 2, "spec", "team", to="others"), "/steps/2/spec/team"),
        (put("steps", 2, "spec", "domain", to="${parameters.domain}"), "/steps/2/spec/domain"),
        (put("steps", 2, "spec", "document_id", to="fixed"), "/steps/2/spec/document_id"),
        (put("steps", 2, "spec", "slug", to="${parameters.port}"), "/steps/2/spec/slug"),
        (put("steps", 2, "spec", "ports", to=[]), "/steps/2/spec/ports"),
        (put("steps", 1, "spec", "text", to="id: theirs"), "/steps/1/spec/text"),
        (put("approval", to="none"), "/approval"),
    ],
)
def test_nobody_publishes_a_way_round_the_owner_of_a_domain(change, pointer):
    assert pointer in refused(builtin(change))


def test_what_is_not_decided_by_the_owner_writes_nothing_into_the_catalogue():
    text = shelf(
        put("steps", 0, "driver", to="catalog"),
        put("steps", 0, "action", to="checks"),
        put("steps", 0, "spec", to={}),
    )

    assert refused(text) == {"/steps/0/driver": "not-own"}


def test_the_version_is_counted_or_given_and_never_goes_back():
    team = TeamFactory()
    first, _ = register(SHELVES, team)
    third, _ = register(shelf(put("version", to=3)), team)

    assert (first.number, third.number) == (1, 3)
    for number, code in ((3, "version-content-differs"), (2, "version-not-higher")):
        with pytest.raises(Invalid) as refusal:
            register(shelf(put("version", to=number), put("title", to="Another")), team)
        assert refusal.value.problems[0].code == code
    assert register(shelf(put("version", to=3)), team)[1] == "unchanged"
    assert register(shelf(put("title", to="Counted on")), team)[0].number == 4


def test_a_withdrawn_blueprint_can_be_offered_again():
    team = TeamFactory()
    version, _ = register(SHELVES, team)

    withdraw_blueprint(blueprint=version.blueprint, actor=system_actor())
    with pytest.raises(InvalidTransition):
        withdraw_blueprint(blueprint=version.blueprint, actor=system_actor())
    assert not Blueprint.objects.offered().exists()
    again, _ = register(SHELVES, team)

    assert again.pk == version.pk
    assert Blueprint.objects.offered().get() == version.blueprint
    verbs = list(
        AuditEvent.objects.filter(object_kind="blueprint")
        .order_by("id")
        .values_list("verb", flat=True)
    )
    assert verbs == ["blueprint.registered", "blueprint.withdrawn", "blueprint.registered"]
    assert OutboxEvent.objects.filter(topic="blueprint.changed").count() == 3
