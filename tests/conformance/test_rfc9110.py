"""What RFC 9110 demands of ranges and conditions, as a table, kept wherever the audio lies.

Each row names its section, what is asked, and what is answered: a status and, by first and last byte, what is sent.
``{etag}`` is the clip's present entity tag; a weak twin of it is ``W/{etag}``.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from attrs import frozen

from domain.http_date import http_date
from tests.audio_worlds import MODIFIED, TELLING_VERSIONS, Build, over_http
from tests.conformance.listener import Listener, Part, listening
from tests.sounds import mp3_of
from tests.upstream import serving

SIZE = 1_000
CLIP = mp3_of(SIZE)
LAST = SIZE - 1
WHOLE = [(0, LAST)]
NOTHING: list[Part] = []

MODIFIED_AT = http_date(MODIFIED)
BEFORE, AFTER = "Thu, 15 Jan 2026 08:30:11 GMT", "Thu, 15 Jan 2026 08:30:13 GMT"
RFC_850, ASCTIME = "Thursday, 15-Jan-26 08:30:12 GMT", "Thu Jan 15 08:30:12 2026"

every_world = pytest.mark.parametrize("build", TELLING_VERSIONS.values(), ids=TELLING_VERSIONS)
every_dated_world = pytest.mark.parametrize(
    "build", [build for name, build in TELLING_VERSIONS.items() if name != "memory"], ids=[*TELLING_VERSIONS][1:]
)


@frozen
class Row:
    """One demand: ``asked`` are header fields, ``sent`` the parts of the clip that the answer carries."""

    section: str
    says: str
    asked: dict[str, str]
    status: int
    sent: Sequence[Part] = ()
    method: str = "GET"

    def __str__(self) -> str:
        return f"{self.section} {self.says}"


def ranges(section: str, says: str, asked: str, status: int, *sent: Part) -> Row:
    return Row(section, says, {"range": asked}, status, sent)


RANGES = [
    Row("§14.2", "no Range is the whole", {}, 200, WHOLE),
    ranges("§14.1.2", "first and last are both included", "bytes=0-499", 206, (0, 499)),
    ranges("§14.1.2", "the second half", "bytes=500-999", 206, (500, 999)),
    ranges("§14.1.2", "one byte", "bytes=0-0", 206, (0, 0)),
    ranges("§14.1.2", "the last byte", "bytes=999-999", 206, (999, 999)),
    ranges("§14.1.2", "Safari's probe", "bytes=0-1", 206, (0, 1)),
    ranges("§14.1.2", "without a last position, up to the end", "bytes=500-", 206, (500, LAST)),
    ranges("§14.1.2", "all of it, asked for as a range", "bytes=0-", 206, (0, LAST)),
    ranges("§14.1.2", "a last position behind the end is the end", "bytes=500-5000", 206, (500, LAST)),
    ranges("§14.1.2", "and so is one of thirty digits", f"bytes=500-{10**30}", 206, (500, LAST)),
    ranges("§14.1.2", "and one just beyond 64 bits", f"bytes=1-{2**64}", 206, (1, LAST)),
    ranges("§14.1.2", "zeros before a number", "bytes=0000-0009", 206, (0, 9)),
    ranges("§14.1.2", "a suffix", "bytes=-500", 206, (500, LAST)),
    ranges("§14.1.2", "a suffix of one byte", "bytes=-1", 206, (LAST, LAST)),
    ranges("§14.1.2", "a suffix of all", "bytes=-1000", 206, (0, LAST)),
    ranges("§14.1.2", "a suffix longer than the clip is the clip", "bytes=-5000", 206, (0, LAST)),
    ranges("§14.1.2", "a suffix of thirty digits too", f"bytes=-{10**30}", 206, (0, LAST)),
    ranges("§14.1", "the unit in any case", "BYTES=0-9", 206, (0, 9)),
    ranges("§14.1", "the unit in mixed case", "ByTeS=0-9", 206, (0, 9)),
    # several
    ranges("§15.3.7.2", "two parts", "bytes=0-9,500-509", 206, (0, 9), (500, 509)),
    ranges("§15.3.7.2", "in the order of asking", "bytes=500-509,0-9", 206, (500, 509), (0, 9)),
    ranges("§14.1.2", "first and last byte", "bytes=0-0,-1", 206, (0, 0), (LAST, LAST)),
    ranges("§14.1.1", "blanks and tabs around commas", "bytes=0-9 ,\t500-509", 206, (0, 9), (500, 509)),
    ranges("§5.6.1.2", "empty members are none", "bytes=,0-9,,500-509,", 206, (0, 9), (500, 509)),
    ranges("§15.3.7.2", "three kinds", "bytes=-5,10-19,990-", 206, (990, 999), (10, 19)),
    ranges("§15.3.7.2", "those that overlap are one", "bytes=0-99,50-149", 206, (0, 149)),
    ranges("§15.3.7.2", "those that touch are one", "bytes=0-99,100-149", 206, (0, 149)),
    ranges("§15.3.7.2", "one within another", "bytes=0-99,10-19", 206, (0, 99)),
    ranges("§15.3.7.2", "the same twice", "bytes=5-9,5-9", 206, (5, 9)),
    ranges("§15.3.7.2", "joined where the first of them stood", "bytes=500-509,0-9,505-600", 206, (500, 600), (0, 9)),
    ranges("§15.3.7.2", "a third may join two", "bytes=0-9,20-29,10-19", 206, (0, 29)),
    ranges("§14.2", "a member behind the end is left out", "bytes=0-9,5000-", 206, (0, 9)),
    ranges("§14.2", "also the first", "bytes=5000-,0-9", 206, (0, 9)),
    ranges("§14.2", "and a suffix of nothing", "bytes=-0,0-9,20-29", 206, (0, 9), (20, 29)),
    ranges("§15.3.7.2", "sixteen parts", "bytes=" + ",".join(f"{at}-{at}" for at in range(0, 32, 2)), 206,
           *((at, at) for at in range(0, 32, 2))),
    ranges("§17.15", "seventeen get the whole", "bytes=" + ",".join(f"{at}-{at}" for at in range(0, 34, 2)), 200,
           (0, LAST)),
    ranges("§17.15", "a flood that overlaps is one part", "bytes=" + ",".join(["0-"] * 500), 206, (0, LAST)),
    ranges("§17.15", "a flood of single bytes gets the whole",
           "bytes=" + ",".join(f"{at}-{at}" for at in range(0, 1000, 2)), 200, (0, LAST)),
    # not satisfiable
    ranges("§15.5.17", "from behind the end", "bytes=1000-", 416),
    ranges("§15.5.17", "from far behind the end", f"bytes={10**30}-", 416),
    ranges("§15.5.17", "a stretch behind the end", "bytes=1000-1001", 416),
    ranges("§15.5.17", "a suffix of nothing", "bytes=-0", 416),
    ranges("§15.5.17", "several, all behind the end", "bytes=1000-1001,2000-,-0", 416),
    # ignored
    ranges("§14.2", "an unknown unit is ignored", "items=0-9", 200, (0, LAST)),
    ranges("§14.2", "an empty unit", "=0-9", 200, (0, LAST)),
    ranges("§14.1.2", "last before first makes it invalid", "bytes=9-5", 200, (0, LAST)),
    ranges("§14.1.1", "one invalid member makes all invalid", "bytes=0-9,9-5", 200, (0, LAST)),
    ranges("§14.1.1", "no numbers", "bytes=-", 200, (0, LAST)),
    ranges("§14.1.1", "no members", "bytes=", 200, (0, LAST)),
    ranges("§14.1.1", "only commas", "bytes=,,", 200, (0, LAST)),
    ranges("§14.1.1", "no equals sign", "bytes 0-9", 200, (0, LAST)),
    ranges("§14.1.1", "a blank before the first member", "bytes= 0-9", 200, (0, LAST)),
    ranges("§14.1.1", "a blank before the equals sign", "bytes =0-9", 200, (0, LAST)),
    ranges("§14.1.1", "a blank within a member", "bytes=0 -9", 200, (0, LAST)),
    ranges("§14.1.1", "a sign", "bytes=+0-9", 200, (0, LAST)),
    ranges("§14.1.1", "an underscore between digits", "bytes=1_0-20", 200, (0, LAST)),
    ranges("§14.1.1", "another numeral", "bytes=\xb2-9", 200, (0, LAST)),
    ranges("§14.1.1", "hexadecimal", "bytes=0x0-9", 200, (0, LAST)),
    ranges("§14.1.1", "two dashes", "bytes=0--9", 200, (0, LAST)),
    ranges("§14.1.1", "semicolons", "bytes=0-4;5-9", 200, (0, LAST)),
    ranges("§5.3", "the field twice", "bytes=0-4, bytes=5-9", 200, (0, LAST)),
    Row("§14.2", "HEAD knows no ranges", {"range": "bytes=0-9"}, 200, NOTHING, "HEAD"),
    Row("§14.2", "nor unsatisfiable ones", {"range": "bytes=1000-"}, 200, NOTHING, "HEAD"),
]  # fmt: skip

CONDITIONS = [
    # If-Match
    Row("§13.1.1", "If-Match of this version", {"if-match": "{etag}"}, 200, WHOLE),
    Row("§13.1.1", "of another", {"if-match": '"other"'}, 412),
    Row("§13.1.1", "of several, this among them", {"if-match": '"other", {etag}'}, 200, WHOLE),
    Row("§13.1.1", "of any", {"if-match": "*"}, 200, WHOLE),
    Row("§13.1.1", "compares strongly", {"if-match": "W/{etag}"}, 412),
    Row("§13.1.1", "what is no tag matches nothing", {"if-match": "other"}, 412),
    Row("§13.1.1", "an empty one matches nothing", {"if-match": ""}, 412),
    Row("§13.1.1", "holds for HEAD", {"if-match": '"other"'}, 412, NOTHING, "HEAD"),
    Row("§13.1.1", "and with a range", {"if-match": "{etag}", "range": "bytes=0-9"}, 206, [(0, 9)]),
    # If-None-Match
    Row("§13.1.2", "If-None-Match of this version", {"if-none-match": "{etag}"}, 304),
    Row("§13.1.2", "of another", {"if-none-match": '"other"'}, 200, WHOLE),
    Row("§13.1.2", "of several, this among them", {"if-none-match": '"other" , {etag}'}, 304),
    Row("§13.1.2", "of any", {"if-none-match": "*"}, 304),
    Row("§13.1.2", "compares weakly", {"if-none-match": "W/{etag}"}, 304),
    Row("§8.8.3", "tags may hold commas", {"if-none-match": '"a,b", {etag}'}, 304),
    Row("§13.1.2", "a list that is none is ignored", {"if-none-match": "{etag} {etag}"}, 200, WHOLE),
    Row("§13.1.2", "what is no tag is ignored", {"if-none-match": "other"}, 200, WHOLE),
    Row("§13.1.2", "holds for HEAD", {"if-none-match": "{etag}"}, 304, NOTHING, "HEAD"),
    # If-Range
    Row("§13.1.5", "If-Range of this version", {"if-range": "{etag}", "range": "bytes=0-9"}, 206, [(0, 9)]),
    Row("§13.1.5", "of another gives the whole", {"if-range": '"other"', "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "compares strongly", {"if-range": "W/{etag}", "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "of several parts", {"if-range": "{etag}", "range": "bytes=0-9,20-29"}, 206, [(0, 9), (20, 29)]),
    Row("§13.1.5", "of another with several", {"if-range": '"other"', "range": "bytes=0-9,20-29"}, 200, WHOLE),
    Row("§13.1.5", "a list is no validator", {"if-range": "{etag}, {etag}", "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "nor is a star", {"if-range": "*", "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "nor is a word", {"if-range": "other", "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "without Range it is ignored", {"if-range": '"other"'}, 200, WHOLE),
    Row("§13.2.2", "of another, an end does not matter", {"if-range": '"other"', "range": "bytes=1000-"}, 200, WHOLE),
    Row("§13.2.2", "of this one, it does", {"if-range": "{etag}", "range": "bytes=1000-"}, 416),
    # their order
    Row("§13.2.2", "If-Match goes first", {"if-match": '"other"', "if-none-match": "{etag}"}, 412),
    Row("§13.2.2", "then If-None-Match", {"if-match": "{etag}", "if-none-match": "{etag}"}, 304),
    Row("§13.2.1", "conditions go before ranges", {"if-none-match": "{etag}", "range": "bytes=0-9"}, 304),
    Row("§13.2.1", "and before their refusal", {"if-none-match": "{etag}", "range": "bytes=1000-"}, 304),
    Row("§13.2.1", "also a failed one", {"if-match": '"other"', "range": "bytes=1000-"}, 412),
    Row("§13.2.2", "with another tag the range counts", {"if-none-match": '"other"', "range": "bytes=0-9"}, 206,
        [(0, 9)]),
]  # fmt: skip

DATES = [
    Row("§13.1.3", "If-Modified-Since the very date", {"if-modified-since": MODIFIED_AT}, 304),
    Row("§13.1.3", "since later", {"if-modified-since": AFTER}, 304),
    Row("§13.1.3", "since earlier", {"if-modified-since": BEFORE}, 200, WHOLE),
    Row("§5.6.7", "the date of RFC 850", {"if-modified-since": RFC_850}, 304),
    Row("§5.6.7", "the date of asctime", {"if-modified-since": ASCTIME}, 304),
    Row("§13.1.3", "what is no date is ignored", {"if-modified-since": "lately"}, 200, WHOLE),
    Row("§13.1.3", "so is another zone", {"if-modified-since": "Thu, 15 Jan 2026 08:30:13 CET"}, 200, WHOLE),
    Row("§13.1.3", "ignored beside If-None-Match", {"if-modified-since": AFTER, "if-none-match": '"other"'}, 200,
        WHOLE),
    Row("§13.1.3", "holds for HEAD", {"if-modified-since": MODIFIED_AT}, 304, NOTHING, "HEAD"),
    Row("§13.1.4", "If-Unmodified-Since the very date", {"if-unmodified-since": MODIFIED_AT}, 200, WHOLE),
    Row("§13.1.4", "since later", {"if-unmodified-since": AFTER}, 200, WHOLE),
    Row("§13.1.4", "since earlier", {"if-unmodified-since": BEFORE}, 412),
    Row("§13.1.4", "what is no date is ignored", {"if-unmodified-since": "0"}, 200, WHOLE),
    Row("§13.1.4", "ignored beside If-Match", {"if-unmodified-since": BEFORE, "if-match": "{etag}"}, 200, WHOLE),
    Row("§13.1.4", "goes before its opposite", {"if-unmodified-since": BEFORE, "if-modified-since": AFTER}, 412),
    Row("§13.1.5", "If-Range of the very date", {"if-range": MODIFIED_AT, "range": "bytes=0-9"}, 206, [(0, 9)]),
    Row("§13.1.5", "a later date is no match", {"if-range": AFTER, "range": "bytes=5-9"}, 200, WHOLE),
    Row("§13.1.5", "an earlier date is none", {"if-range": BEFORE, "range": "bytes=5-9"}, 200, WHOLE),
]  # fmt: skip


@every_world
@pytest.mark.parametrize("row", RANGES + CONDITIONS, ids=str)
async def test_ranges_and_tags(build: Build, row: Row, tmp_path: Path) -> None:
    async with listening(build, CLIP, tmp_path) as listener:
        await keeps(row, listener)


@every_dated_world
@pytest.mark.parametrize("row", DATES, ids=str)
async def test_dates(build: Build, row: Row, tmp_path: Path) -> None:
    async with listening(build, CLIP, tmp_path) as listener:
        await keeps(row, listener)


async def keeps(row: Row, listener: Listener) -> None:
    """Ask what the row asks. Fails unless the answer is the row's, and consistent in itself."""
    whole = await listener.asks("HEAD")
    plays = await listener.plays()
    asked = {name: value.replace("{etag}", whole.headers["etag"]) for name, value in row.asked.items()}
    answer = await listener.asks(row.method, **asked)

    assert answer.status == row.status
    assert answer.headers["cache-control"] == "no-store"
    if row.status in (200, 206):
        assert answer.described() == whole.described()
    match row.status:
        case 200:
            assert "content-range" not in answer.headers
            assert int(answer.headers["content-length"]) == SIZE
            assert answer.body == b"".join(CLIP[first : last + 1] for first, last in row.sent)
        case 206:
            assert answer.parts(whole.headers["content-type"], SIZE) == [
                (part, CLIP[part[0] : part[1] + 1]) for part in row.sent
            ]
            assert int(answer.headers["content-length"]) == len(answer.body)
        case 304:
            assert answer.headers["etag"] == whole.headers["etag"]
            assert answer.body == b""
            # §15.4.5: nothing but what a cache needs, and a date only where there is no tag
            assert not {"content-type", "content-range", "content-disposition", "last-modified"} & answer.headers.keys()
        case 412 | 416:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers.get("content-range") == ("bytes */1000" if row.status == 416 else None)
    begins = row.method == "GET" and row.status in (200, 206) and row.sent[0][0] == 0
    is_probe = sum(last - first + 1 for first, last in row.sent) <= 2
    assert await listener.plays() - plays == (1 if begins and not is_probe else 0)


async def test_parts_that_might_be_of_two_versions_are_not_sent_as_one_answer(tmp_path: Path) -> None:
    """§14.2: a server may ignore Range; it must where it cannot vouch for the second part."""
    async with listening(over_http(serving), CLIP, tmp_path) as listener:
        answer = await listener.asks(range="bytes=0-9,20-29")

        assert (answer.status, answer.body) == (200, CLIP)
        assert await listener.plays() == 1
