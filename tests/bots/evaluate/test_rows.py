"""Reading labelled files: what each kind looks like, and what is said of one that is broken."""

import gzip
import io

import pytest

from bots.evaluate.rows import MAX_FIELD_CHARS, LabelledFile, NotReadable

Complaints = list[tuple[int, str]]


def read(content: bytes) -> tuple[LabelledFile, list[tuple[int, dict[str, object]]], Complaints]:
    complaints: Complaints = []
    file = LabelledFile(io.BytesIO(content), lambda number, reason: complaints.append((number, reason)))
    return file, [(number, dict(row)) for number, row in file], complaints


def refused(content: bytes) -> str:
    with pytest.raises(NotReadable) as caught:
        read(content)
    return str(caught.value)


@pytest.mark.parametrize("mark", [b",", b"\t", b";"], ids=["comma", "tab", "semicolon"])
def test_a_table_is_read_whatever_parts_its_columns(mark: bytes) -> None:
    file, rows, complaints = read(b"text,toxic\nsynthetic one,1\nsynthetic two,0\n".replace(b",", mark))
    assert file.names == ("text", "toxic")
    assert rows == [(2, {"text": "synthetic one", "toxic": "1"}), (3, {"text": "synthetic two", "toxic": "0"})]
    assert complaints == []


def test_a_quoted_text_may_hold_commas_marks_and_line_ends() -> None:
    _, rows, _ = read(b'text,toxic\r\n"one, ""two""\nthree",1\r\nfour,0\r\n')
    assert rows == [(3, {"text": 'one, "two"\nthree', "toxic": "1"}), (4, {"text": "four", "toxic": "0"})]


def test_lines_of_json_keep_their_types_and_blank_lines_are_nothing() -> None:
    file, rows, complaints = read(b'\n{"text": "synthetic", "toxic": true}\n\n{"text": "b", "toxic": 0}\n')
    assert (file.is_json, file.names, complaints) == (True, ("text", "toxic"), [])
    assert rows == [(2, {"text": "synthetic", "toxic": True}), (4, {"text": "b", "toxic": 0})]


@pytest.mark.parametrize("content", [b"text,toxic\nsynthetic,1\n", b'{"text": "synthetic", "toxic": 1}\n'])
def test_a_packed_file_is_told_by_its_bytes(content: bytes) -> None:
    assert read(gzip.compress(content))[1] == read(content)[1]


def test_a_mark_at_the_beginning_of_utf_8_is_no_part_of_a_name() -> None:
    assert read(b"\xef\xbb\xbftext,toxic\nsynthetic,1\n")[0].names == ("text", "toxic")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (",".encode("utf-16"), "is not UTF-8"),
        (b"caf\xe9,toxic\nsynthetic,1\n", "is not UTF-8"),
        (b"PK\x03\x04\x00\x00", "is not text"),
        (b'[{"text": "synthetic"}]', "is one JSON list"),
        (b'{"text": \n', "no line that can be read"),
        (b'"text,toxic\nsynthetic', "no CSV"),
    ],
)
def test_what_is_no_labelled_file_is_refused_with_what_would_be(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_bad_lines_are_named_and_the_others_read() -> None:
    _, rows, complaints = read(b'{"text": "a"}\n[1]\n{"text"\n"b"\n{"text": "c"}\n')
    assert [number for number, _ in rows] == [1, 5]
    assert [number for number, _ in complaints] == [2, 3, 4]
    _, rows, complaints = read(b'text,toxic\na,1,2\n"b"x,1\n\xff,1\nc,0\nd\n')
    assert rows == [(5, {"text": "c", "toxic": "0"}), (6, {"text": "d"})]
    assert [number for number, _ in complaints] == [2, 3, 4]
    assert "2 columns" not in str(rows)


def test_a_quotation_mark_that_is_never_closed_is_said_and_swallows_no_memory() -> None:
    content = b"text,toxic\nsynthetic,1\n" + b'"' + b"word " * (MAX_FIELD_CHARS // 4) + b"\n"
    _, rows, complaints = read(content)
    assert rows == [(2, {"text": "synthetic", "toxic": "1"})]
    assert "quotation mark not closed" in complaints[0][1]
    _, _, complaints = read(b'text,toxic\n"synthetic,1\n')
    assert "is no CSV" in complaints[0][1]


def test_a_file_that_breaks_off_gives_what_stands_before() -> None:
    whole = "text,toxic\n" + "".join(f"synthetic words number {n * 7919},{n % 2}\n" for n in range(3000))
    file, rows, _ = read(gzip.compress(whole.encode())[:-2000])
    assert file.is_cut
    assert 100 < len(rows) < 3000
    assert not read(gzip.compress(whole.encode()))[0].is_cut


def test_a_packed_file_that_is_damaged_inside_gives_what_stands_before() -> None:
    packed = bytearray(gzip.compress(b"text,toxic\n" + b"synthetic words,1\n" * 5, compresslevel=0))
    packed[-12] ^= 0xFF
    assert read(bytes(packed))[0].is_cut
