"""A domain error as a problem document."""

from core.errors import InvalidTransition, problem_document


def test_more_members_stand_beside_the_documents_own_and_never_in_their_place():
    error = InvalidTransition(
        "It is a draft.", status="draft", type="x", title="y", detail="z", n=3
    )

    assert problem_document(error) == {
        "type": "/problems/invalid-transition",
        "title": "Invalid transition",
        "status": 409,
        "detail": "It is a draft.",
        "n": 3,
    }
