"""Text to words, the same for what is stored and for what is asked."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

MAX_WORD = 64  # characters
MAX_WORDS = 6_000  # distinct ones in an entry; a tsvector may have 1 MB
MAX_QUERY_WORDS = 16
MAX_POSITION = 16_383

_RUN = re.compile(r"[^\W_]+(?:_+[^\W_]+)*")  # `order_id` stays whole here
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


def runs(text: str) -> list[str]:
    """What stands between blanks and signs: `Order_ID, netAmount` → `[Order_ID, netAmount]`."""
    return _RUN.findall(text)


def parts(run: str) -> list[str]:
    """Words inside a run: `orderId`, `order_id` and `ORDER_ID` → `[order, id]`."""
    pieces = [piece for piece in run.split("_") if piece]
    return [word for piece in pieces for word in _parts_of_piece(piece)]


def _parts_of_piece(piece: str) -> list[str]:
    if piece.islower() or piece.isdigit() or not piece.isascii():
        return [piece.lower()[:MAX_WORD]]
    return [part.lower()[:MAX_WORD] for part in _PART.findall(piece)]


def joined(run: str) -> str:
    """`order_id` and `orderId` → `orderid`: how people type it in a hurry."""
    return run.replace("_", "").lower()[:MAX_WORD]


def fold(word: str) -> str:
    """`orders` → `order`, `categories` → `category`, `addresses` → `address`; else as it is."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def words(text: str) -> list[str]:
    """Every word that finds `text`, in order: parts, and joined forms of compound runs."""
    found: list[str] = []
    for run in runs(text):
        pieces = parts(run)
        found.extend(pieces)
        if len(pieces) > 1:
            found.append(joined(run))
    return found


def weighted_vector(texts: Mapping[str, Iterable[str]]) -> str:
    """The text form of a tsvector.

    Args:
        texts: by weight (`A` the strongest to `D`), in that order.
    """
    places: dict[str, list[str]] = {}
    position = 0
    for weight, group in texts.items():
        for word in (word for text in group for word in words(text)):
            if word not in places and len(places) >= MAX_WORDS:
                continue
            position = min(position + 1, MAX_POSITION)
            for form in {word, fold(word)}:
                known = places.setdefault(form, [])
                if len(known) < 4:  # more of the same say nothing new
                    known.append(f"{position}{weight}")
    return " ".join(f"'{word}':{','.join(known)}" for word, known in places.items())


def query_text(text: str, *, weight: str = "", is_begun: bool = True) -> str:
    """The text form of a tsquery: all runs required; "" for none.

    Args:
        weight: only words of this weight, e.g. `A` for names.
        is_begun: the last run may be the beginning of a word.
    """
    asked = runs(text)[:MAX_QUERY_WORDS]
    last = len(asked) - 1 if is_begun else -1
    return " & ".join(term(run, weight, is_last=at == last) for at, run in enumerate(asked))


def phrase_text(text: str) -> str:
    """The tsquery of several words that stand for one, e.g. a synonym: all of them, whole."""
    inner = " & ".join(term(run) for run in runs(text)[:MAX_QUERY_WORDS])
    return f"({inner})" if inner else ""


def adjacent_text(text: str) -> str:
    """The tsquery of words that stand one right after the other; "" for none.

    A compound run is followed by its joined form in a vector, so the next word is one place later.
    """
    query, gap = "", ""
    for run in runs(text)[:MAX_QUERY_WORDS]:
        pieces = parts(run)
        for piece in pieces:
            query += f"{gap}'{fold(piece)}'"
            gap = " <-> "
        gap = " <2> " if len(pieces) > 1 else " <-> "
    return f"({query})" if query else ""


def term(run: str, weight: str = "", *, is_last: bool = False) -> str:
    """The tsquery of one run, singular or plural; the beginning of a word when `is_last`."""
    inner = f":{weight}" if weight else ""
    suffix = f":*{weight}" if is_last else inner
    pieces = parts(run)
    whole = _either(joined(run), suffix, inner)
    if len(pieces) == 1:
        return whole
    first = [f"'{fold(piece)}'{inner}" for piece in pieces[:-1]]
    return f"({whole} | ({' & '.join([*first, _either(pieces[-1], suffix, inner)])}))"


def _either(word: str, suffix: str, inner: str) -> str:
    """A vector holds the singular of each word, and each word as it was written."""
    single = fold(word)
    if suffix == inner:
        return f"'{single}'{inner}"
    return f"'{word}'{suffix}" if single == word else f"('{word}'{suffix} | '{single}'{inner})"


def is_found(run: str, text: str) -> bool:
    """Whether an asked run stands in `text`, as a whole word or the beginning of one."""
    whole, pieces = _forms(run)
    if pieces[0] not in text.lower().replace("_", ""):
        return False  # most texts; what follows takes twenty times as long
    if whole not in "".join(map(joined, runs(text))):
        return False
    there = words(text)
    if any(word.startswith(whole) for word in there):
        return True
    return len(pieces) > 1 and all(any(w.startswith(piece) for w in there) for piece in pieces)


@lru_cache(1024)
def _forms(run: str) -> tuple[str, tuple[str, ...]]:
    """The run as one word, and its parts, all as `fold` leaves them."""
    return fold(joined(run)), tuple(fold(piece) for piece in parts(run))
