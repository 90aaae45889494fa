"""What is usual of a number."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.quality.bands import LEAST, usual_band

# a machine that does other things too is no failure
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMBERS = st.floats(min_value=-1e9, max_value=1e9)
HISTORIES = st.lists(NUMBERS, min_size=LEAST, max_size=60)


@CALM
@given(st.lists(NUMBERS, max_size=LEAST - 1))
def test_of_few_values_nothing_is_known(values):
    assert usual_band(values) is None


@CALM
@given(HISTORIES)
def test_the_middle_is_always_usual(values):
    band = usual_band(values)

    assert band.holds(sorted(values)[len(values) // 2]) or len(values) % 2 == 0
    assert band.low <= band.high


@CALM
@given(HISTORIES, st.randoms())
def test_the_order_of_values_does_not_matter(values, random):
    mixed = list(values)
    random.shuffle(mixed)

    assert usual_band(mixed) == usual_band(values)


@CALM
@given(
    st.lists(st.floats(min_value=90, max_value=110), min_size=20, max_size=30),
    st.lists(NUMBERS, max_size=9),
)
def test_a_few_strange_values_do_not_widen_it_beyond_the_usual_ones(usual, strange):
    band = usual_band(usual + strange)

    # the median of these lies among the usual ones, and at most half their range times five around
    assert not band.holds(500)
    assert not band.holds(-300)


def test_what_never_moved_may_move_by_a_twentieth():
    band = usual_band([1000.0] * 12)

    assert band.holds(1050)
    assert band.holds(950)
    assert not band.holds(1051)
    assert not band.holds(0)


def test_daily_noise_is_usual_and_half_the_rows_are_not():
    history = [1000 + 10 * (day % 7) for day in range(30)]
    band = usual_band(history)

    assert band.holds(1080)
    assert not band.holds(500)
