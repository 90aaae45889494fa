"""Score bands and promises, as facets count them."""

import datetime as dt

BANDS = {"90": "90 and more", "75": "75 to 89", "50": "50 to 74", "0": "Below 50"}
NOT_MEASURED = "none"
HOUR = dt.timedelta(hours=1)


def band(score: float | None) -> str:
    """The band that holds a score of 0-100; "" when it is not measured."""
    if score is None:
        return ""
    return next(name for name in BANDS if score >= int(name) or name == "0")


def full_hour(moment: dt.datetime | None) -> dt.datetime | None:
    """The next full hour: promises are counted by the hour, so a list agrees with its count."""
    if moment is None:
        return None
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + HOUR
