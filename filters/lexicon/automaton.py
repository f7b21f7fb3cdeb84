"""All phrases of a lexicon as one automaton over words, made deterministic as texts are read.

From each word of a text it walks on as long as some phrase may still match, at most `MAX_WORDS` steps: time is linear
in the words and doesn't grow with the number of phrases. States are kept between texts (they hold only words of the
lexicon) and thrown away when there are too many.
"""

from collections.abc import Iterable, Sequence

from filters.lexicon import phrase

_MAX_STATES = 50_000
_OTHER = ""
"""Stands for every word that no phrase has."""


class _State:
    __slots__ = ("accepts", "members", "steps")

    def __init__(self, members: frozenset[int], accepts: tuple[int, ...]) -> None:
        self.members = members
        self.accepts = accepts
        self.steps: dict[str, _State | None] = {}


class Automaton:
    """Phrases, each with the number that a match of it gives."""

    def __init__(self, phrases: Iterable[tuple[phrase.Sequence, int]]) -> None:
        self._edges: list[dict[str, set[int]]] = []
        self._wild: list[frozenset[int]] = []
        self._accept: list[int | None] = []
        starts: set[int] = set()
        for tree, number in phrases:
            end = self._node(accept=number)
            starts |= self._build(tree, frozenset({end}))
        self.vocabulary = frozenset(word for edges in self._edges for word in edges)
        self._start_edges: dict[str, set[int]] = {}
        for node in starts:
            for word, targets in self._edges[node].items():
                self._start_edges.setdefault(word, set()).update(targets)
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

    def _first(self, word: str, others: tuple[str, ...] | None) -> _State | None:
        if others is None:
            state = self._begin.get(word)
            if state is None and word in self._start_edges:
                state = self._begin[word] = self._state(frozenset(self._start_edges[word]))
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
        members: set[int] = set()
        for node in state.members:
            members |= self._wild[node]
            edges = self._edges[node]
            for choice in choices:
                members |= edges.get(choice, frozenset())
        return self._state(frozenset(members)) if members else None

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
        match part:
            case phrase.Word(text):
                node = self._node()
                self._edges[node][text] = set(follow)
                return frozenset({node})
            case phrase.Gap(most):
                starts = follow
                for _ in range(most):
                    starts = follow | {self._node(wild=starts)}
                return starts
            case phrase.Sequence(parts):
                for inner in reversed(parts):
                    follow = self._build(inner, follow)
                return follow
            case phrase.Either(choices, is_optional):
                return self._build_choices(choices, follow) | (follow if is_optional else frozenset())

    def _build_choices(self, choices: tuple[phrase.Sequence, ...], follow: frozenset[int]) -> frozenset[int]:
        starts: set[int] = set()
        single = self._node()
        for choice in choices:
            only = choice.parts[0] if len(choice.parts) == 1 else None
            if isinstance(only, phrase.Word):
                self._edges[single][only.text] = set(follow)
            else:
                starts |= self._build(choice, follow)
        return frozenset(starts | {single}) if self._edges[single] else frozenset(starts)
