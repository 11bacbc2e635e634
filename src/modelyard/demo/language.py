"""A tiny language model: the corpus is its own table of n-grams.

A text is cut into pieces (a word with the space before it, a mark, a line break). The model remembers where in
the corpus each word stands; what followed the longest matching context, mixed with what followed shorter ones,
is the distribution of the next piece. Nothing is trained ahead: reading the corpus takes milliseconds.
"""

from __future__ import annotations

import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ORDER = 3
"""Words of context at most, so the model is one of 4-grams."""
ORDER_WEIGHTS = (0.0, 0.002, 0.05, 1.0)
"""What a match of 0, 1, 2, 3 words of context counts for in the mixture."""
TOPIC_BOOST = 3.0
SENTENCE_REACH = 60
"""Pieces after a sentence's start that count when a beginning is chosen."""

READ_AT_MOST = 100_000
"""Characters of a prompt that are looked at, from its end: a prompt of many megabytes shall not cost gigabytes."""

BYTE_TOKENS = 256
"""Ids below this stand for single bytes: whatever the corpus does not know."""

_PIECE = re.compile(r" ?[^\W\d_]+(?:['’][^\W\d_]+)*|\n+|\s| ?\d| ?[^\w\s]+?|_")
_SENTENCE_END = frozenset((".", "!", "?", "\n\n"))
_ABBREVIATED = frozenset(("mr", "mrs"))


class LanguageModel:
    """Cuts text into tokens and continues it, after a corpus. Equal seeds give equal texts."""

    def __init__(self, corpus: str) -> None:
        self._pieces = _PIECE.findall(corpus)
        self._words = [_word(piece) for piece in self._pieces]
        self._positions: dict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(self._words):
            self._positions[word].append(position)
        self._beginnings = [0] + [
            position + 1
            for position, piece in enumerate(self._pieces[:-SENTENCE_REACH])
            if piece in _SENTENCE_END
            and self._words[position + 1].isalpha()
            and self._words[position - 1] not in _ABBREVIATED
        ]
        self._vocabulary = list(dict.fromkeys(self._pieces))
        self._ids = {piece: BYTE_TOKENS + number for number, piece in enumerate(self._vocabulary)}

    def __repr__(self) -> str:
        return f"<LanguageModel pieces={len(self._pieces)} vocabulary={self.vocabulary_size}>"

    @property
    def vocabulary_size(self) -> int:
        """How many token ids there are."""
        return BYTE_TOKENS + len(self._vocabulary)

    def encode(self, text: str) -> list[int]:
        """Token ids of a text; `decode` gives it back exactly."""
        ids: list[int] = []
        for piece in _PIECE.findall(text):
            known = self._ids.get(piece)
            ids.extend(piece.encode(errors="surrogatepass") if known is None else (known,))
        return ids

    def pieces(self, text: str) -> list[str]:
        """A text in the pieces that tokens stand for."""
        return _PIECE.findall(text)

    def count(self, text: str) -> int:
        """How many tokens a text has; of a very long one, about how many."""
        unread = max(0, len(text) - READ_AT_MOST)
        return len(self.encode(text[unread:])) + unread // 4

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids. Raises `IndexError` for an id that is none."""
        return b"".join(map(self._token, ids)).decode(errors="replace")

    def continue_text(self, prompt: str, *, temperature: float, seed: int | None) -> Iterator[str]:
        """Endless pieces that follow after `prompt`'s last words."""
        pieces = _PIECE.findall(prompt[-READ_AT_MOST:])
        return self._walk(prompt, temperature, seed, [_word(piece) for piece in pieces[-ORDER:]])

    def answer(self, prompt: str, *, temperature: float, seed: int | None) -> Iterator[str]:
        """Endless pieces of a new text about what `prompt` is about."""
        return self._walk(prompt, temperature, seed, [])

    def _token(self, number: int) -> bytes:
        if not 0 <= number < self.vocabulary_size:
            raise IndexError(f"{number} is no token id")
        return bytes((number,)) if number < BYTE_TOKENS else self._vocabulary[number - BYTE_TOKENS].encode()

    def _walk(self, prompt: str, temperature: float, seed: int | None, context: list[str]) -> Iterator[str]:
        prompt = prompt[-READ_AT_MOST:]
        # A greedy answer must depend on the prompt alone, so its ties fall by the prompt.
        greedy = temperature <= 0
        chance = random.Random(zlib.crc32(prompt.encode(errors="replace")) if greedy else seed)
        topic = {word for word in map(_word, _PIECE.findall(prompt)) if self._is_telling(word)}
        followers = self._followers(context, topic)
        if not followers:
            start = self._beginning(topic, chance, greedy)
            context = self._words[max(0, start - ORDER) : start]
            first = self._pieces[start].lstrip()
            context.append(_word(first))
            yield first
            followers = self._followers(context, topic)
        taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
        while True:
            # What followed here before in this text comes again only when nothing else can: no loops.
            used = taken[tuple(context)]
            fresh = {piece: weight for piece, weight in followers.items() if piece not in used} or followers
            piece = _choose(fresh or {self._pieces[0]: 1.0}, temperature, chance)
            yield piece
            used.add(piece)
            context = [*context[1 - ORDER :], _word(piece)]
            followers = self._followers(context, topic)

    def _followers(self, context: Sequence[str], topic: set[str]) -> dict[str, float]:
        """The weights of the pieces that may come next; empty when the corpus never saw the last word."""
        weights: dict[str, float] = defaultdict(float)
        if not context:
            return weights
        context = context[-ORDER:]
        last = len(self._pieces) - 1
        for position in self._positions.get(context[-1], ()):
            if position == last:
                continue
            piece = self._pieces[position + 1]
            weight = ORDER_WEIGHTS[self._match(position, context)]
            weights[piece] += weight * TOPIC_BOOST if _word(piece) in topic else weight
        return weights

    def _match(self, position: int, context: Sequence[str]) -> int:
        """How many words of `context`, counted from its end, stand before and at `position`."""
        length = 1
        while length < len(context) and position >= length:
            if self._words[position - length] != context[-1 - length]:
                break
            length += 1
        return length

    def _is_telling(self, word: str) -> bool:
        return word.isalpha() and 0 < len(self._positions.get(word, ())) <= 40

    def _beginning(self, topic: set[str], chance: random.Random, greedy: bool) -> int:
        """Where a sentence starts that has much to do with `topic`; rare words count more."""
        scores = [self._relevance(start, topic) for start in self._beginnings]
        best = max(scores)
        if best <= 0:
            return chance.choice(self._beginnings)
        if greedy:
            return self._beginnings[scores.index(best)]
        return chance.choices(self._beginnings, [score**3 for score in scores])[0]

    def _relevance(self, start: int, topic: set[str]) -> float:
        found = topic.intersection(self._words[start : start + SENTENCE_REACH]) if topic else ()
        return sum(1 / len(self._positions[word]) for word in found)


@cache
def built_in() -> LanguageModel:
    """The model of the bundled corpus, read when first wanted."""
    text = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8")
    return LanguageModel("\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n")))


def _word(piece: str) -> str:
    return piece.lower() if piece.isspace() else piece.strip().lower()


def _choose(followers: dict[str, float], temperature: float, chance: random.Random) -> str:
    if temperature <= 0:
        return max(followers, key=followers.__getitem__)
    if temperature == 1:
        return chance.choices(list(followers), list(followers.values()))[0]
    highest = max(followers.values())
    sharpened = [(weight / highest) ** (1 / temperature) for weight in followers.values()]
    return chance.choices(list(followers), sharpened)[0]
