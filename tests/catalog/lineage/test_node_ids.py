"""Ids of nodes: looked up whole, told apart by encoded parts where two share a text."""

import pytest

from catalog.lineage.models import JobDataset
from tests.catalog.lineage.ground import column, dataset, job, offered
from tests.catalog.lineage.test_questions import ask, signed_in
from tests.factories import PortFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return signed_in(UserFactory())


@pytest.mark.parametrize(
    "node",
    ["dataset:", "product:", "nothing", "dataset:\0", "row:1", "contract:x", "dataset:%:%"],
)
def test_an_id_of_nothing_is_not_found(member, node):
    ask(member, "", 404, nodeId=node)


@pytest.mark.parametrize(
    ("question", "left_out"),
    [("", "nodeId"), ("/impact", "nodeId"), ("/sources", "nodeId"), ("/path", "from")],
)
def test_a_question_without_a_node_says_what_is_missing(member, question, left_out):
    answer = ask(member, question, 422)

    assert [each["pointer"] for each in answer["problems"]] == [f"/{left_out}"]


def test_two_nodes_of_one_text_are_told_apart_by_their_encoded_parts(member):
    port = PortFactory()
    one = dataset("c", namespace="a:b", port=port)
    other = dataset("b:c", namespace="a", port=port)
    assert one.node_id == other.node_id
    hidden = dataset("e", namespace="a:d", port=port)
    dataset("d:e", namespace="a", port=offered("x", visibility="restricted").port)

    refused = ask(member, "", 400, nodeId="dataset:a:b:c")

    assert refused["nodes"] == ["dataset:a%3Ab:c", "dataset:a:b%3Ac"]
    assert "dataset:a%3Ab:c or dataset:a:b%3Ac" in refused["detail"]
    for node, row in (("dataset:a%3Ab:c", one), ("dataset:a:b%3Ac", other)):
        assert ask(member, nodeId=node)["nodes"][0]["name"] == row.name
    assert ask(member, nodeId="dataset:a:d:e")["nodes"][0]["name"] == hidden.name


def test_encoded_parts_of_columns_and_jobs(member):
    a = dataset("t#1", namespace="s3://b:1", port=PortFactory())
    column(a, "x#y")
    JobDataset.objects.create(job=job("a b", "ns:1"), dataset=a, side="in")

    by_parts = ask(member, nodeId="column:s3%3A%2F%2Fb%3A1:t%231#x%23y")
    by_text = ask(member, nodeId="column:s3://b:1:t#1#x#y")

    assert by_parts == by_text
    assert ask(member, nodeId="job:ns%3A1:a%20b")["nodes"][0]["id"] == "job:ns:1:a b"
    ask(member, "", 404, nodeId="column:a%3A:b")
