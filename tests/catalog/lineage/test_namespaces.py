"""Namespaces that a team answers for."""

import pytest
from django.test import Client

from accounts.states import PortalRole, TeamRole
from catalog.lineage.ingestion.dbt import ingest_dbt
from catalog.lineage.ingestion.sql import SqlText, ingest_sql
from catalog.lineage.models import (
    ColumnEdge,
    Dataset,
    DatasetEdge,
    Job,
    LineageEvent,
    NamespaceClaim,
)
from catalog.lineage.services import (
    claim_namespace,
    ingest,
    ingest_many,
    release_namespace,
)
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from tests.catalog.lineage.events import NAMESPACE, columns, event, named
from tests.factories import PortFactory, TeamFactory, actor_for, member_of

pytestmark = pytest.mark.django_db
ELSEWHERE = "s3://exports"
LEFT_OUT = f"{NAMESPACE} is Warehouse Crew’s: what is written there was left out"


@pytest.fixture
def team():
    return TeamFactory(name="Warehouse Crew", slug="crew")


@pytest.fixture
def owner(team):
    return actor_for(member_of(team, role=TeamRole.OWNER))


@pytest.fixture
def stranger():
    return actor_for(member_of(TeamFactory(name="Others"), role=TeamRole.OWNER))


@pytest.fixture
def claimed(team, owner):
    """The team has sent a dataset of the warehouse, and its owner claims the namespace."""
    ingest(event=event(["raw"], ["orders"]), actor=owner)
    return claim_namespace(namespace=NAMESPACE, team=team.slug, actor=owner)


def edges():
    pairs = DatasetEdge.objects.filter(ended_at=None).values_list("source__name", "target__name")
    return sorted(pairs)


def elsewhere(name):
    return {"namespace": ELSEWHERE, "name": name}


def test_only_the_teams_tokens_write_there_from_then_on(claimed, owner, stranger):
    told = ingest(event=event(["orders"], ["rubbish", elsewhere("export")]), actor=stranger)
    ingest(event=event(["orders"], ["report"]), actor=owner)

    assert told.warnings == (LEFT_OUT,)
    assert edges() == [("orders", "export"), ("orders", "report"), ("raw", "orders")]
    assert not Dataset.objects.filter(name="rubbish").exists()
    assert LineageEvent.objects.filter(warnings=[LEFT_OUT]).count() == 1


def test_reading_there_is_open_to_everybody(claimed, stranger):
    told = ingest(event=event(["orders"], [elsewhere("export")]), actor=stranger)

    assert told.warnings == ()
    assert ("orders", "export") in edges()


def test_each_event_of_a_batch_is_judged_on_its_own(claimed, stranger):
    told = ingest_many(
        events=[event(["orders"], ["rubbish"]), event([], [elsewhere("export")])], actor=stranger
    )

    assert [each.warnings for each in told] == [(LEFT_OUT,), ()]


def test_columns_told_of_an_input_count_as_writing(claimed, stranger):
    given = named("orders", columnLineage=columns(id="raw.id"))

    told = ingest(event=event([given], [elsewhere("export")]), actor=stranger)

    assert told.warnings == (LEFT_OUT,)
    assert not ColumnEdge.objects.exists()


def test_another_name_of_a_dataset_is_no_way_around(claimed, owner, stranger):
    alias = {"identifiers": [{**elsewhere("orders-by-path"), "type": "LOCATION"}]}
    ingest(event=event([], [named("orders", symlinks=alias)]), actor=owner)

    told = ingest(event=event(["raw-2"], [elsewhere("orders-by-path")]), actor=stranger)

    assert told.warnings == (LEFT_OUT,)
    assert edges() == [("raw", "orders")]


def test_sql_and_dbt_are_guarded_too(claimed, stranger):
    text = SqlText("CREATE TABLE rubbish AS SELECT id FROM orders", "postgres", NAMESPACE)
    read = ingest_sql(text=text, actor=stranger)
    manifest = {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "project_name": "shop",
            "adapter_type": "postgres",
        },
        "nodes": {
            "model.shop.mart": {
                "resource_type": "model",
                "name": "mart",
                "database": "db",
                "schema": "s",
                "alias": "mart",
                "depends_on": {"nodes": ["source.shop.raw.orders"]},
            }
        },
        "sources": {
            "source.shop.raw.orders": {
                "resource_type": "source",
                "name": "orders",
                "database": "db",
                "schema": "raw",
                "identifier": "orders",
            }
        },
    }
    taken = ingest_dbt(document=manifest, namespace=NAMESPACE, actor=stranger)

    assert LEFT_OUT in read.warnings
    assert LEFT_OUT in taken.warnings
    assert edges() == [("raw", "orders")]
    assert not Dataset.objects.filter(name__in=["rubbish", "db.s.mart"]).exists()


def test_edges_keep_the_team_that_told_of_them(claimed, team, owner):
    ingest(event=event(["raw"], [named("orders", columnLineage=columns(id="raw.id"))]), actor=owner)

    assert set(DatasetEdge.objects.values_list("posted_by", flat=True)) == {team.pk}
    assert set(ColumnEdge.objects.values_list("posted_by", flat=True)) == {team.pk}
    assert Job.objects.get().posted_by == team


def test_given_back_it_is_open_again(claimed, owner, stranger):
    release_namespace(namespace=NAMESPACE, actor=owner)

    told = ingest(event=event(["orders"], ["report"]), actor=stranger)

    assert told.warnings == ()
    assert ("orders", "report") in edges()
    verbs = AuditEvent.objects.filter(object_kind="namespace").order_by("id")
    assert list(verbs.values_list("verb", "object_id")) == [
        ("namespace.claimed", NAMESPACE),
        ("namespace.released", NAMESPACE),
    ]


@pytest.mark.parametrize("namespace", ["", "a\0b", "x" * 501])
def test_what_is_no_name_is_refused(owner, team, namespace):
    with pytest.raises(Invalid) as refusal:
        claim_namespace(namespace=namespace, team=team.slug, actor=owner)

    assert refusal.value.problems[0].pointer == "/namespace"
    assert not NamespaceClaim.objects.exists()


def test_a_team_without_a_dataset_there_cannot_claim_it(owner, team, stranger):
    ingest(event=event([], ["orders"]), actor=stranger)

    with pytest.raises(Invalid) as refusal:
        claim_namespace(namespace=NAMESPACE, team=team.slug, actor=owner)

    assert refusal.value.problems[0].code == "not-theirs"


def test_where_two_teams_offer_datasets_it_stays_open(claimed_by_port, owner, team):
    ingest(event=event([], ["orders"]), actor=owner)

    with pytest.raises(Conflict, match="shared namespace stays open"):
        claim_namespace(namespace=NAMESPACE, team=team.slug, actor=owner)


@pytest.fixture
def claimed_by_port(stranger):
    port = PortFactory()
    Dataset.objects.create(
        namespace=NAMESPACE,
        name="theirs",
        node_id="theirs",
        key="00000000-0000-0000-0000-000000000001",
        node_key="00000000-0000-0000-0000-000000000001",
        port=port,
    )


def test_a_second_claim_is_refused_and_names_the_first(claimed, stranger):
    steward = actor_for(member_of(TeamFactory(slug="late"), portal_role=PortalRole.STEWARD))

    with pytest.raises(Conflict, match="Warehouse Crew has claimed it already"):
        claim_namespace(namespace=NAMESPACE, team="late", actor=steward)

    assert NamespaceClaim.objects.get().team == claimed.team


def test_contributors_and_strangers_neither_claim_nor_give_back(claimed, team, stranger):
    contributor = actor_for(member_of(team, role=TeamRole.CONTRIBUTOR))
    for actor in (contributor, stranger):
        with pytest.raises(NotAllowed):
            release_namespace(namespace=NAMESPACE, actor=actor)
        with pytest.raises(NotAllowed):
            claim_namespace(namespace=ELSEWHERE, team=team.slug, actor=actor)

    assert NamespaceClaim.objects.count() == 1


def test_what_nobody_claimed_cannot_be_given_back(owner):
    with pytest.raises(NotFound):
        release_namespace(namespace=NAMESPACE, actor=owner)


def test_the_guard_asks_no_more_for_many_events_than_for_few(
    claimed, stranger, django_assert_max_num_queries
):
    asked = []
    for count in (2, 50):
        events = [event(["orders"], [f"rubbish{count}-{n}"]) for n in range(count)]
        with django_assert_max_num_queries(25) as seen:
            results = ingest_many(events=events, actor=stranger)
        assert all("left out" in result.warnings[0] for result in results)
        asked.append(sum("namespaceclaim" in each["sql"] for each in seen.captured_queries))

    assert asked == [2, 2]  # what is told, and what is left of it


def test_to_read_what_others_claimed_costs_nothing_more(
    claimed, stranger, django_assert_max_num_queries
):
    ingest(event=event(["orders"], [elsewhere("file")]), actor=stranger)
    with django_assert_max_num_queries(8) as seen:
        assert ingest(event=event(["orders"], [elsewhere("file")]), actor=stranger).warnings == ()
    assert sum("namespaceclaim" in each["sql"] for each in seen.captured_queries) == 1


def test_a_name_is_looked_up_whole(claimed, stranger):
    inside = {"namespace": f"{NAMESPACE}/db", "name": "orders"}

    assert ingest(event=event([], [inside]), actor=stranger).warnings == ()


LIST = "{ lineageNamespaces(first: 5) { edges { node { namespace team { slug } claimedAt } } } }"
CLAIM = """mutation ($namespace: String!, $team: String!) {
  claimNamespace(namespace: $namespace, team: $team) {
    namespace { namespace team { slug } } problems { pointer code }
  }
}"""
RELEASE = """mutation ($namespace: String!) {
  releaseNamespace(namespace: $namespace) { released problems { code } }
}"""


@pytest.fixture
def graphql(team):
    """Ask as an owner of the team."""
    client = Client()
    client.force_login(member_of(team, role=TeamRole.OWNER))

    def ask(query, **variables):
        body = {"query": query, "variables": variables}
        return client.post("/graphql/", body, content_type="application/json").json()["data"]

    return ask


def test_graphql_claims_lists_and_gives_back(graphql, owner):
    ingest(event=event([], ["orders"]), actor=owner)

    claimed = graphql(CLAIM, namespace=NAMESPACE, team="crew")["claimNamespace"]
    listed = graphql(LIST)["lineageNamespaces"]["edges"]
    given_back = graphql(RELEASE, namespace=NAMESPACE)["releaseNamespace"]

    named = {"namespace": NAMESPACE, "team": {"slug": "crew"}}
    assert claimed == {"namespace": named, "problems": []}
    assert [{**each["node"], "claimedAt": ""} for each in listed] == [{**named, "claimedAt": ""}]
    assert given_back == {"released": NAMESPACE, "problems": []}
    assert not NamespaceClaim.objects.exists()


@pytest.mark.parametrize(
    ("namespace", "slug", "problem"),
    [
        ("", "crew", {"pointer": "/namespace", "code": "bad-name"}),
        (NAMESPACE, "nobody", {"pointer": "/team", "code": "unknown-team"}),
        (NAMESPACE, "crew", {"pointer": "/namespace", "code": "not-theirs"}),
    ],
)
def test_graphql_says_why_a_namespace_was_not_claimed(graphql, namespace, slug, problem):
    refused = graphql(CLAIM, namespace=namespace, team=slug)["claimNamespace"]

    assert refused == {"namespace": None, "problems": [problem]}
    assert not NamespaceClaim.objects.exists()


def test_graphql_does_not_give_back_what_nobody_claimed(graphql):
    refused = graphql(RELEASE, namespace=NAMESPACE)["releaseNamespace"]

    assert refused == {"released": None, "problems": [{"code": "not-found"}]}


OF_DATASET = """query ($namespace: String!, $node: String!) {
  dataset(namespace: $namespace, name: "orders") {
    key claimed verified namespaceTeam { slug } postedBy { slug }
  }
  lineage(node: $node, level: DATASET, first: 5) { nodes { id verified } }
}"""


def test_rest_and_graphql_say_alike_who_answers_for_a_dataset(graphql, team, owner):
    ingest(event=event([elsewhere("raw")], ["orders"]), actor=owner)
    client = Client()
    client.force_login(member_of(team))

    def seen():
        told = graphql(OF_DATASET, namespace=NAMESPACE, node=f"dataset:{NAMESPACE}:orders")
        of_dataset = told["dataset"]
        (row,) = client.get("/api/v1/lineage/datasets?search=orders").json()["results"]
        graph = client.get(f"/api/v1/lineage?nodeId={row['id']}&level=dataset").json()
        assert (of_dataset["namespaceTeam"] or {}).get("slug") == row["namespace_team"]
        assert of_dataset["postedBy"] == {"slug": row["posted_by"]} == {"slug": "crew"}
        assert [of_dataset[name] for name in ("key", "claimed", "verified")] == [
            row[name] for name in ("key", "claimed", "verified")
        ]
        nodes = {each["id"]: each["verified"] for each in graph["nodes"]}
        assert nodes == {each["id"]: each["verified"] for each in told["lineage"]["nodes"]}
        return row["verified"], nodes

    open_ = seen()
    claim_namespace(namespace=NAMESPACE, team="crew", actor=owner)
    claimed = seen()

    ids = [f"dataset:{NAMESPACE}:orders", f"dataset:{ELSEWHERE}:raw"]
    assert open_ == (False, dict.fromkeys(ids, False))
    assert claimed == (True, {ids[0]: True, ids[1]: False})
