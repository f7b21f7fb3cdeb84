"""All phrases of a lexicon as one automaton over words, made deterministic as texts are read.

From each word of a text it walks on as long as some phrase may still match, at most `MAX_WORDS` steps: time is linear
in the words and doesn't grow with the number of phrases. States are kept between texts (they hold only words of the
lexicon) and thrown away when there are too many.
"""

from collections.abc import Iterable, Sequence, Set

from filters.lexicon import phrase

_MAX_STATES = 50_000
_OTHER = ""
"""Stands for every word that no phrase has."""


class _State:
    __slots__ = ("accepts", "members", "steps", "wild")

    def __init__(self, members: frozenset[int], accepts: tuple[int, ...]) -> None:
        self.members = members
        self.accepts = accepts
        self.wild: frozenset[int] | None = None
        self.steps: dict[str, _State | None] = {}


class Automaton:
    """Phrases, each with the number that a match of it gives."""

    def __init__(self, phrases: Iterable[tuple[phrase.Sequence, int]]) -> None:
        self._edges: list[dict[str, frozenset[int]]] = []
        self._wild: list[frozenset[int]] = []
        self._accept: list[int | None] = []
        self._grouped: dict[int, tuple[phrase.Either, _Grouped]] = {}  # holds the part, so that its id stays its own
        starts: set[int] = set()
        for tree, number in phrases:
            end = self._node(accept=number)
            starts |= self._build(tree, frozenset({end}))
        self._grouped.clear()
        self.vocabulary = frozenset[str]().union(*self._edges)
        start_edges: dict[str, list[frozenset[int]]] = {}
        for node in starts:
            for word, targets in self._edges[node].items():
                start_edges.setdefault(word, []).append(targets)
        self._start_edges = {word: frozenset().union(*targets) for word, targets in start_edges.items()}
        self._states: dict[frozenset[int], _State] = {}
        self._begin: dict[str, _State] = {}

    def matches(
        self, words: Sequence[str], begins_sentence: Sequence[bool], others: dict[int, tuple[str, ...]]
    ) -> list[tuple[int, int, int]]:
        """(number, first word, last word) of each match, the longest of each number from each first word.

        `others` holds, for a word that may be read as another one, the words that it may also be.
        """
        found: list[tuple[int, int, int]] = []
        for first, word in enumerate(words):
            state = self._first(word, others.get(first))
            if state is None:
                continue
            ends = dict.fromkeys(state.accepts, first)
            for at in range(first + 1, len(words)):
                if begins_sentence[at]:
                    break
                state = self._next(state, words[at], others.get(at))
                if state is None:
                    break
                for number in state.accepts:
                    ends[number] = at
            found.extend((number, first, last) for number, last in ends.items())
        return found

    def every(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """(number, first word, last word) of every match, also of shorter ones from the same word."""
        found: list[tuple[int, int, int]] = []
        for first, word in enumerate(words):
            state = self._first(word, None) if word in self._start_edges else None
            at = first
            while state is not None:
                found.extend([(number, first, at) for number in state.accepts])
                at += 1
                state = self._next(state, words[at], None) if at < len(words) else None
        return found

    def whole(self, words: Sequence[str]) -> set[int]:
        """The numbers whose phrases are exactly these words; keeps nothing for later."""
        members: Set[int] = self._start_edges.get(words[0], frozenset())
        for word in words[1:]:
            reached = [targets for node in members if (targets := self._edges[node].get(word))]
            reached.extend(self._wild[node] for node in members)
            members = frozenset().union(*reached)
        return {number for node in members if (number := self._accept[node]) is not None}

    def _first(self, word: str, others: tuple[str, ...] | None) -> _State | None:
        if others is None:
            state = self._begin.get(word)
            if state is None and word in self._start_edges:
                state = self._begin[word] = self._state(self._start_edges[word])
            return state
        members = frozenset().union(*(self._start_edges.get(choice, ()) for choice in (word, *others)))
        return self._state(members) if members else None

    def _next(self, state: _State, word: str, others: tuple[str, ...] | None) -> _State | None:
        if others is None:
            key = word if word in self.vocabulary else _OTHER
            if key not in state.steps:
                state.steps[key] = self._step(state, (key,))
            return state.steps[key]
        return self._step(state, (word, *others))

    def _step(self, state: _State, choices: tuple[str, ...]) -> _State | None:
        if state.wild is None:
            state.wild = frozenset().union(*[wild for node in state.members if (wild := self._wild[node])])
        edges = self._edges
        reached = [
            targets for choice in choices for node in state.members if (targets := edges[node].get(choice)) is not None
        ]
        if not reached and not state.wild:
            return None
        return self._state(state.wild.union(*reached))

    def _state(self, members: frozenset[int]) -> _State:
        state = self._states.get(members)
        if state is None:
            if len(self._states) >= _MAX_STATES:
                self._states.clear()
                self._begin.clear()
            accepted = {number for node in members if (number := self._accept[node]) is not None}
            state = self._states[members] = _State(members, tuple(sorted(accepted)))
        return state

    # Built from the end, so that no empty steps arise: each part is given the nodes that follow it.

    def _node(self, *, wild: frozenset[int] = frozenset(), accept: int | None = None) -> int:
        self._edges.append({})
        self._wild.append(wild)
        self._accept.append(accept)
        return len(self._edges) - 1

    def _build(self, part: phrase.Part, follow: frozenset[int]) -> frozenset[int]:
        if isinstance(part, phrase.Word):
            node = self._node()
            self._edges[node][part.text] = follow
            return frozenset({node})
        if isinstance(part, phrase.Sequence):
            for inner in reversed(part.parts):
                follow = self._build(inner, follow)
            return follow
        if isinstance(part, phrase.Gap):
            starts = follow
            for _ in range(part.most):
                starts = follow | {self._node(wild=starts)}
            return starts
        grouped = self._grouped.get(id(part))
        if grouped is None:
            grouped = self._grouped[id(part)] = (part, _Grouped([choice.parts for choice in part.choices]))
        return self._build_grouped(grouped[1], follow, is_optional=part.is_optional)

    def _build_grouped(self, choices: "_Grouped", follow: frozenset[int], *, is_optional: bool) -> frozenset[int]:
        starts = set(follow) if is_optional else set[int]()
        for other in choices.others:
            starts |= self._build(other, follow)
        if choices.last or choices.longer:
            node = self._node()
            starts.add(node)
            edges = self._edges[node]
            edges.update(dict.fromkeys(choices.last, follow))
            for word, rest in choices.longer:
                edges[word] = (
                    self._build_grouped(rest, follow, is_optional=word in choices.last)
                    if isinstance(rest, _Grouped)
                    else self._build(rest, follow)
                )
        return frozenset(starts)


class _Grouped:
    """Choices by the word that they begin with, so that those with the same one share the step over it.

    Attributes:
        last: Words that are a choice by themselves.
        longer: Words with what follows them.
        others: Choices that don't begin with a word.
    """

    __slots__ = ("last", "longer", "others")

    def __init__(self, choices: Iterable[tuple[phrase.Part, ...]]) -> None:
        self.others: list[phrase.Sequence] = []
        self.last: set[str] = set()
        by_word: dict[str, list[tuple[phrase.Part, ...]]] = {}
        for parts in choices:
            first = parts[0]
            if not isinstance(first, phrase.Word):
                self.others.append(phrase.Sequence(parts))
            elif len(parts) == 1:
                self.last.add(first.text)
            else:
                by_word.setdefault(first.text, []).append(parts[1:])
        self.longer: list[tuple[str, phrase.Sequence | _Grouped]] = [
            (word, _Grouped(rests) if len(rests) > 1 or word in self.last else phrase.Sequence(rests[0]))
            for word, rests in by_word.items()
        ]
