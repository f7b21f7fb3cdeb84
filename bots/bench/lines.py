"""Chat that nobody wrote: seeded lines of the lengths and kinds that a busy community sees."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName

SEED = 20_260_301
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEMBERS = 300
CHANNELS = ("general", "help", "off-topic", "games", "music", "pictures")

_WORDS = """
the a to it is that you i and of in for on this my we what so do have can be not just with but like no was if
they at are me he she there how would one all out up from about when some get go now think know really time good
yeah lol ok thanks please maybe today tomorrow someone anyone server update version build game level music song
picture photo window keyboard coffee train weather garden kitchen recipe holiday weekend meeting question answer
link file folder error message channel install download remember finally actually probably together different
because everyone something nothing always never again later before after under over through without between
""".split()  # noqa: SIM905 - a list of them one a line says nothing more
_EXTRAS = (
    "https://example.org/path/page?id={n}",
    "`sudo make install -j{n}`",
    "<@{n}>",
    "\U0001f602\U0001f602",
    ":thumbsup:",
    "kill -9 {n} did not help",
    "THIS IS SO GOOD",
    "sooooo niiiice",
    "\u0434\u0430, \u0441\u043f\u0430\u0441\u0438\u0431\u043e",
    "\u5927\u4e08\u592b\u3067\u3059",
)
_HARSH = (
    "you are such an idiot",
    "shut up, nobody asked you",
    "this update is garbage and so are you",
    "get lost, you clown",
)
_HEAVY = ("i feel awful today", "i can't do this any more", "nobody would miss me", "is there anybody to talk to")

EXTRA_RATE, HARSH_RATE, HEAVY_RATE = 0.15, 0.01, 0.003
LONGEST_WORDS = 120


def synthetic_lines(count: int, seed: int = SEED) -> Iterator[Message]:
    """`count` messages in the order in which they were "sent"; the same for the same seed."""
    random = Random(seed)
    at = START
    for number in range(count):
        at += timedelta(seconds=random.expovariate(0.5))
        name = random.choice(CHANNELS)
        member = f"member-{min(int(random.expovariate(8.0) * MEMBERS), MEMBERS - 1)}"
        yield Message(
            platform=PlatformName("bench"),
            community=CommunityId("bench:synthetic"),
            channel=Channel(id=ChannelId(name), name=name),
            id=MessageId(str(number)),
            author=Author(id=MemberId(member), name=member),
            text=_line(random),
            sent_at=at,
        )


def _line(random: Random) -> str:
    draw = random.random()
    if draw < HEAVY_RATE:
        return random.choice(_HEAVY)
    if draw < HEAVY_RATE + HARSH_RATE:
        return random.choice(_HARSH)
    length = min(1 + int(random.lognormvariate(1.9, 0.8)), LONGEST_WORDS)
    words = random.choices(_WORDS, k=length)
    if random.random() < EXTRA_RATE:
        words.insert(random.randrange(length + 1), random.choice(_EXTRAS).format(n=random.randrange(10_000)))
    return " ".join(words) + random.choice(("", "", "", ".", "?", "!", "..."))
