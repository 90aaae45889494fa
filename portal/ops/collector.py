"""Python's garbage collector in the portal's processes: it looks seldom, and not at what stays."""

import gc

NEW_OBJECTS = 10_000  # more of them than freed ones, and it looks; Python's own 700 suit scripts


def look_seldom() -> None:
    """Fewer rounds, for every process; to load the portal takes a tenth less time so, too.

    Who reads a large document makes objects by the hundred thousand and drops none meanwhile.
    Lineage in batches of 500 events takes a third less time so.
    """
    gc.set_threshold(NEW_OBJECTS, 20, 20)


def keep_what_is_loaded() -> None:
    """Leave all that is there now out of every round, once everything is loaded.

    A full round over the loaded portal takes 150 ms, in which no thread of the process answers.
    """
    gc.collect()
    gc.freeze()
