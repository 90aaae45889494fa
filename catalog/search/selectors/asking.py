"""How a text is read: words that must be there, synonyms, and what a misspelt word may mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.search.selectors.dictionary import LONGEST_PHRASE, NOTHING, Known, looked_up
from catalog.search.spelling import SHORTEST, is_spelt
from catalog.search.syntax import PLACES, spoken, take_fields, take_phrases
from catalog.search.words import (
    MAX_QUERY_WORDS,
    adjacent_text,
    fold,
    parts,
    phrase_text,
    query_text,
    runs,
    term,
)

MANY = 10_000  # rows that hold a word: it finds enough as it stands
MOST_COUNTED = 6  # words of which most must be there
# Words that say nothing, and words that nearly everything here could say of itself.
STOP_TEXT = """
a about all an and any are as at by can do does for from get give have how i in is it me my need of
on or our per show that the their this to want what when where which who whose why with you your
"""
STOP = frozenset(STOP_TEXT.split())
WEAK_TEXT = "data dataset datasets info information list product products table tables"
WEAK = frozenset(WEAK_TEXT.split())


@dataclass(frozen=True)
class Asked:
    """A text as it is searched for. Every member that is a query is the text of a tsquery."""

    text: str = ""
    required: str = ""  # what a hit answers to; "" for every row
    ranked: str = ""  # what counts for the order
    counted: tuple[str, ...] = ()  # in a partial search of many words: one query a word
    exact: tuple[str, ...] = ()  # parts of `required` that no reading of the text gives up
    also: tuple[str, ...] = ()  # synonyms that were searched for too
    is_partial: bool = False  # hits have most of the words, not all
    is_corrected: bool = False
    meant: str = ""  # the text with its unknown words mended; "" when there is nothing to mend
    is_unheard: bool = False  # a word stands nowhere and has no synonym: no row answers
    known: Known = NOTHING

    @property
    def spoken(self) -> str:
        """The words alone, as names and columns hold them."""
        return spoken(self.text)

    def rows(self) -> list[int]:
        """Of each word that a hit needs, how many rows hold it; in a partial search of those that
        it needs most of."""
        strong = _strong(_words(self.text))
        asked = strong[:MOST_COUNTED] if self.is_partial else strong
        return [min(map(self._rows_with, parts(run))) for run in asked]

    def _rows_with(self, part: str) -> int:
        frequencies = self.known.frequencies
        return max(frequencies.get(form, 0) for form in (part, fold(part), f"{part}*"))


def read(text: str) -> Asked:
    """All words of `text` are required. Cost: one SQL statement, none for an empty text."""
    asked, pieces = _taken_apart(text)
    exact = tuple(filter(None, pieces.values()))
    if not asked:
        return _with_exact(Asked(text=text, exact=exact))
    known = looked_up(asked, [word for word in _spelt(asked) if word not in STOP])
    mended = [known.nearest.get(run.lower(), run) for run in asked]
    return replace(
        _built(asked, known, exact),
        text=text,
        meant=" ".join([*mended, *pieces]) if known.nearest else "",
        is_unheard=bool(known.nearest) and not known.same,
    )


def corrected(asked: Asked) -> Asked:
    """What was probably meant."""
    built = _built(_words(asked.meant), asked.known, asked.exact)
    return replace(built, text=asked.meant, is_corrected=True)


def _spelt(asked: Sequence[str]) -> list[str]:
    """The words that may be misspelt."""
    lower = [run.lower() for run in asked if is_spelt(run) and len(run) >= SHORTEST]
    return list(dict.fromkeys(lower))


def _taken_apart(text: str) -> tuple[list[str], dict[str, str]]:
    """The words; and what must stand in a row as it was typed, each piece with its tsquery."""
    rest, places = take_fields(text, PLACES)
    rest, phrases = take_phrases(rest)
    pieces = {f'"{phrase}"': adjacent_text(phrase) for phrase in phrases}
    for place, value in places:
        pieces[f"{place}:{value}"] = query_text(value, weight=PLACES[place], is_begun=False)
    return runs(rest)[:MAX_QUERY_WORDS], pieces


def _words(text: str) -> list[str]:
    return _taken_apart(text)[0]


def _with_exact(asked: Asked) -> Asked:
    required = " & ".join(filter(None, [asked.required, *asked.exact]))
    return replace(asked, required=required, ranked=_or([asked.ranked, *asked.exact]))


def most_words(asked: Asked) -> Asked | None:
    """The same, but a hit may miss some words; None where there is only one."""
    strong = _strong(_words(asked.text))[:MOST_COUNTED]
    if len(strong) < 2:
        return None
    terms = [
        _or(
            [
                term(run, is_last=_is_begun(run, asked.known.frequencies)),
                *map(phrase_text, asked.known.same.get(run.lower(), ())),
            ]
        )
        for run in strong
    ]
    required = _at_least(least_of(len(strong)), terms)
    # No row has all the words: of two or three, every hit misses just one.
    counted = tuple(terms) if len(strong) - least_of(len(strong)) > 1 else ()
    partial = replace(asked, required=required, ranked=_or(terms), counted=counted, is_partial=True)
    return _with_exact(partial)


def _is_begun(run: str, frequencies: Mapping[str, int]) -> bool:
    """Whether a word may be the beginning of another; one that very many rows hold is whole."""
    return min(frequencies.get(fold(part), 0) for part in parts(run)) < MANY


def least_of(words: int) -> int:
    """Of so many words, most."""
    return (words + 1) // 2


def _built(asked: Sequence[str], known: Known, exact: Sequence[str]) -> Asked:
    required: list[str] = []
    ranked: list[str] = []
    also: list[str] = []
    strong = set(_strong(asked))
    is_begun = _is_begun(asked[-1], known.frequencies)
    for phrase, is_last in _phrases(asked, known.same):
        others = known.same.get(" ".join(phrase).lower(), ())
        inner = [term(run, is_last=is_last and is_begun and run is phrase[-1]) for run in phrase]
        terms = _or([_and(inner), *map(phrase_text, others)])
        ranked.append(terms)
        also += others
        if others or strong.intersection(phrase):
            required.append(terms)
    return _with_exact(
        Asked(
            required=" & ".join(required),
            ranked=_or(ranked),
            exact=tuple(exact),
            also=tuple(dict.fromkeys(also)),
            known=known,
        )
    )


def _strong(asked: Sequence[str]) -> list[str]:
    """The words that a hit cannot do without, each once."""
    each = list({run.lower(): run for run in asked}.values())
    for words in (STOP | WEAK, STOP):
        left = [run for run in each if run.lower() not in words]
        if left:
            return left
    return each


def _phrases(
    asked: Sequence[str], same: Mapping[str, tuple[str, ...]]
) -> Iterable[tuple[Sequence[str], bool]]:
    """The text in pieces: the longest that have synonyms, else single words; and "is the last"."""
    at = 0
    while at < len(asked):
        for length in range(min(LONGEST_PHRASE, len(asked) - at), 0, -1):
            piece = asked[at : at + length]
            if length == 1 or " ".join(piece).lower() in same:
                break
        at += len(piece)
        yield piece, at == len(asked)


def _or(terms: Iterable[str]) -> str:
    kept = [each for each in terms if each]
    return f"({' | '.join(kept)})" if len(kept) > 1 else "".join(kept)


def _at_least(count: int, terms: Sequence[str]) -> str:
    """So many of the terms; nested, so that each row is asked for few of them."""
    if count == 1:
        return _or(terms)
    if count == len(terms):
        return _and(terms)
    first, *others = terms
    return _or([_and([first, _at_least(count - 1, others)]), _at_least(count, others)])


def _and(terms: Sequence[str]) -> str:
    return f"({' & '.join(terms)})" if len(terms) > 1 else terms[0]
