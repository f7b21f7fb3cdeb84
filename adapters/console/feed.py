"""Who wants to hear that something changed: topics are hints to look again, never the news itself."""

from adapters.console.sources import Stop, Tell


class Feed:
    """A set of listeners; telling never blocks and never fails."""

    def __init__(self) -> None:
        self._listeners: set[Tell] = set()

    def listen(self, listener: Tell) -> Stop:
        """Call `listener` with every topic until the returned function is called."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    def tell(self, topic: str) -> None:
        """Something about `topic` changed."""
        for listener in tuple(self._listeners):
            listener(topic)
