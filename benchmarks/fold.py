"""How folding holds up: evasion caught by the crisis filter, and microseconds a line.

python benchmarks/fold.py            the 27 transformations of four phrases, one line each
python benchmarks/fold.py FILE       also the time for each line of a UTF-8 text file
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from core.flow.filter import Seen
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from filters.crisis.lexicon_filter import shipped
from filters.text.folding import readings

PHRASES = ("kill myself", "end my life", "suicide", "want to die")

_FULL_WIDTH = {ord(" "): " "} | {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)}
_CYRILLIC = str.maketrans("aceiopsxy", "асеіорѕху")
_GREEK = str.maketrans("aeiktuvo", "αεικτυνο")
_BOLD = {code: chr(0x1D41A + code - 97) for code in range(97, 123)}
_CIRCLED = {code: chr(0x24D0 + code - 97) for code in range(97, 123)}
_SMALL_CAPS = str.maketrans("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ")


def _between(sign: str) -> Callable[[str], str]:
    return lambda text: sign.join(text)


def _inside(sign: str) -> Callable[[str], str]:
    """`sign` after the first letter of each word."""
    return lambda text: " ".join(word[0] + sign + word[1:] for word in text.split(" "))


def _longest(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        word = max(text.split(" "), key=len)
        return text.replace(word, change(word))

    return changed


def _vowel(text: str) -> int:
    return next(at for at, letter in enumerate(text) if letter in "aeiou" and at)


TRANSFORMATIONS: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "mixed case": lambda text: "".join(c.upper() if at % 2 else c for at, c in enumerate(text)),
    "full width": lambda text: text.translate(_FULL_WIDTH),
    "bold mathematical": lambda text: text.translate(_BOLD),
    "circled": lambda text: text.translate(_CIRCLED),
    "small capitals": lambda text: text.translate(_SMALL_CAPS),
    "Cyrillic look-alikes": lambda text: text.translate(_CYRILLIC),
    "Greek look-alikes": lambda text: text.translate(_GREEK),
    "accents": _between("\u0301"),
    "many marks": _inside("\u0336" * 20),
    "zero-width space": _inside("\u200b"),
    "word joiner": _inside("\u2060"),
    "soft hyphen": _inside("\u00ad"),
    "bidi control": _inside("\u202e"),
    "tag characters": _inside("\U000e0061"),
    "leet": lambda text: text.translate(str.maketrans("aeios", "43105")),
    "leet with signs": lambda text: text.translate(str.maketrans("aeis", "@3!$")),
    "spaced": _between(" "),
    "dotted": _between("."),
    "underscored": _between("_"),
    "bold in markdown": lambda text: " ".join(f"{word[:2]}**{word[2:]}**" for word in text.split(" ")),
    "spoiler": lambda text: f"||{text[:2]}||{text[2:]}",
    "line break": lambda text: text.replace(" ", "\n"),
    "percent encoding": lambda text: text.replace(" ", "%20").replace("i", "%69"),
    "stretched": lambda text: "".join(c * 4 if c in "aeiou" else c for c in text),
    "a letter dropped": _longest(lambda word: word[: len(word) // 2] + word[len(word) // 2 + 1 :]),
    "a vowel masked": _longest(lambda word: word[: _vowel(word)] + "*" + word[_vowel(word) + 1 :]),
}


def seen(text: str) -> Seen:
    """A message by itself."""
    return Seen(
        message=Message(
            platform=PlatformName("local"),
            community=CommunityId("local:bench"),
            channel=Channel(id=ChannelId("1"), name="bench"),
            id=MessageId("1"),
            author=Author(id=MemberId("1"), name="bench"),
            text=text,
            sent_at=datetime(2026, 3, 1, tzinfo=UTC),
        )
    )


def main() -> None:
    crisis = shipped()
    caught = 0
    for name, transform in TRANSFORMATIONS.items():
        missed = [
            phrase
            for phrase in PHRASES
            if not any(finding.level >= 2 for finding in crisis.screen([seen(transform(phrase))])[0].findings)
        ]
        caught += len(PHRASES) - len(missed)
        print(
            f"{name:22} {len(PHRASES) - len(missed)}/{len(PHRASES)}  {'missed: ' + ', '.join(missed) if missed else ''}"
        )
    total = len(PHRASES) * len(TRANSFORMATIONS)
    print(f"caught {caught} of {total} = {caught / total:.1%}")
    if len(sys.argv) > 1:
        batch = [seen(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if line]
        crisis.screen(batch[:2000])
        started = time.process_time()
        for each in batch:
            readings(each.message.text)
        folded = time.process_time()
        crisis.screen(batch)
        ended = time.process_time()
        print(f"folding {(folded - started) / len(batch) * 1e6:.1f} us, filter with folding about", end=" ")
        print(f"{(ended - folded) / len(batch) * 1e6:.1f} us a line over {len(batch)} lines")


if __name__ == "__main__":
    main()
