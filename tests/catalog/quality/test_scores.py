"""The arithmetic of scores, on plain data."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.quality.scores import CheckScore, product_score, score_of_result


def check(n, dimension="completeness", *, score=1.0, weight=1.0):
    return CheckScore(n, f"check {n}", dimension, weight, score)


def test_nothing_measured_is_no_score_and_not_100():
    score = product_score([check(1, score=None)])

    assert score.score is None
    assert score.coverage == 0


def test_a_check_that_never_ran_lowers_coverage_and_not_the_score():
    score = product_score([check(1), check(2, score=None)])

    assert score.score == 100
    assert score.coverage == 0.5


def test_dimensions_weigh_the_same_however_many_checks_they_have():
    score = product_score([check(1, "uniqueness", score=0.0), check(2), check(3), check(4)])

    assert score.score == 50
    assert [(part.dimension, part.weight) for part in score.dimensions] == [
        ("completeness", 0.5),
        ("uniqueness", 0.5),
    ]


def test_severity_weighs_inside_a_dimension():
    score = product_score([check(1, score=0.0, weight=0.5), check(2, weight=1.0)])

    assert round(score.score, 1) == 66.7


def test_weights_of_the_domain_are_used():
    checks = [check(1, "timeliness", score=0.0), check(2)]

    assert product_score(checks, dimension_weights={"timeliness": 3}).score == 25


def test_partly_broken_rows_score_their_share():
    assert score_of_result("fail", evaluated=200, failed=10) == 0.95
    assert score_of_result("fail", evaluated=None, failed=None) == 0
    assert score_of_result("warn", evaluated=None, failed=None) == 0.5
    assert score_of_result("error", evaluated=10, failed=0) is None


CHECKS = st.lists(
    st.builds(
        check,
        st.integers(0, 1000),
        st.sampled_from(["completeness", "uniqueness", "timeliness"]),
        score=st.none() | st.floats(0, 1),
        weight=st.sampled_from([0.25, 0.5, 1.0, 2.0]),
    ),
    max_size=30,
)


@given(CHECKS)
def test_the_explanation_accounts_for_every_lost_point(checks):
    score = product_score(checks)

    if score.score is None:
        assert all(check.score is None for check in checks)
    else:
        lost = sum(part.lost_points for part in score.explanation)
        assert abs(100 - lost - score.score) < 1e-6
        assert abs(sum(part.weight for part in score.dimensions) - 1) < 1e-9
