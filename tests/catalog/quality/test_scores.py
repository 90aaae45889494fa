"""The arithmetic of scores, on plain data."""

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from catalog.quality.scores import CheckScore, product_score, score_of_result, shown_sum


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


def test_a_dimension_of_no_weight_does_not_count():
    checks = [check(1, "timeliness", score=0.0), check(2)]

    score = product_score(checks, dimension_weights={"timeliness": 0})

    assert score.score == 100
    assert score.coverage == 1
    assert score.explanation == ()


def test_when_nothing_measured_counts_there_is_no_score():
    score = product_score([check(1, "timeliness")], dimension_weights={"timeliness": 0})

    assert score.score is None
    assert score.dimensions == ()


DIMENSIONS = ["accuracy", "completeness", "timeliness", "uniqueness"]
CHECKS = st.lists(
    st.tuples(
        st.sampled_from(DIMENSIONS),
        st.none() | st.floats(0, 1),
        st.sampled_from([0.25, 0.5, 1.0, 2.0]),
    ),
    max_size=30,
).map(
    lambda rows: [
        check(n, dimension, score=score, weight=weight)
        for n, (dimension, score, weight) in enumerate(rows)
    ]
)
WEIGHTS = st.none() | st.dictionaries(
    st.sampled_from(DIMENSIONS), st.just(0.0) | st.floats(0.01, 100)
)


@given(CHECKS, WEIGHTS)
def test_a_score_is_a_percentage_or_not_measured(checks, weights):
    score = product_score(checks, dimension_weights=weights)

    assert 0 <= score.coverage <= 1
    if score.score is None:
        counted = [c for c in checks if c.score is not None and (weights or {}).get(c.dimension, 1)]
        assert counted == []
    else:
        assert 0 <= score.score <= 100
        assert all(0 <= part.score <= 100 for part in score.dimensions)


@given(CHECKS, WEIGHTS)
def test_the_explanation_accounts_for_every_lost_point(checks, weights):
    score = product_score(checks, dimension_weights=weights)

    if score.score is not None:
        lost = sum(part.lost_points for part in score.explanation)
        assert abs(100 - lost - score.score) < 1e-5
        assert abs(sum(part.weight for part in score.dimensions) - 1) < 1e-9


@given(CHECKS, WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_checks_says_nothing(checks, weights, chance: random.Random):
    mixed = list(checks)
    chance.shuffle(mixed)

    one = product_score(checks, dimension_weights=weights)
    other = product_score(mixed, dimension_weights=weights)

    assert one == other


@given(CHECKS, WEIGHTS, st.data())
def test_a_better_result_never_lowers_the_score(checks, weights, data):
    measured = [each for each in checks if each.score is not None]
    if not measured:
        return
    chosen = data.draw(st.sampled_from(measured))
    better = replace(chosen, score=data.draw(st.floats(chosen.score, 1)))

    before = product_score(checks, dimension_weights=weights)
    after = product_score(
        [better if each is chosen else each for each in checks], dimension_weights=weights
    )

    if before.score is not None:
        assert after.score >= before.score - 1e-6


@given(CHECKS, WEIGHTS)
def test_weights_are_relative(checks, weights):
    doubled = {name: 2 * (weights or {}).get(name, 1) for name in DIMENSIONS}

    one = product_score(checks, dimension_weights=weights)
    other = product_score(checks, dimension_weights=doubled)

    assert (one.score is None) == (other.score is None)
    assert one.score is None or abs(one.score - other.score) < 1e-5


@given(CHECKS, WEIGHTS, st.integers(0, 12))
def test_what_is_shown_is_a_sum_without_a_rest(checks, weights, most):
    score = product_score(checks, dimension_weights=weights)
    if score.score is None:
        return

    shown = shown_sum(score.score, score.explanation, most=most)

    named = sum((line.points for line in shown.losses), Decimal())
    assert 100 - named - shown.others == shown.score
    assert -Decimal("1e-5") <= Decimal(score.score) - shown.score < Decimal("0.1")
    assert shown.others >= 0
    assert len(shown.losses) <= most
    assert len(shown.losses) + shown.count_of_others == len(score.explanation)
    for line in shown.losses:
        assert line.points > 0
        assert line.points == line.points.quantize(Decimal("0.1"))
        assert abs(line.points - Decimal(line.contribution.lost_points)) < Decimal("0.1001")


def test_thirds_are_shown_as_a_sum():
    checks = [check(n, dimension, score=0.9) for n, dimension in enumerate(DIMENSIONS[:3])]
    score = product_score(checks)

    shown = shown_sum(score.score, score.explanation, most=3)

    assert shown.score == 90
    assert [line.points for line in shown.losses] == [
        Decimal("3.4"),
        Decimal("3.3"),
        Decimal("3.3"),
    ]


def test_a_score_short_of_all_is_not_shown_as_all():
    score = product_score([check(1, score=0.9999)])

    shown = shown_sum(score.score, score.explanation, most=5)

    assert (shown.score, [line.points for line in shown.losses]) == (
        Decimal("99.9"),
        [Decimal("0.1")],
    )
