"""Whatever a client sends, it is answered, or refused in words that say what is wrong: never a defect of ours."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote_from_bytes

import orjson
import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from domain.browsing import Sort
from domain.errors import ClipNotFound
from tests.entrypoints.edge import KEY, RAIN, Answer, Edge, an_edge

JSON = (b"content-type", b"application/json")
WRITING = (b"x-api-key", KEY.encode())
BODY_LIMIT = 65_536
NAUGHTY: list[str] = orjson.loads((Path(__file__).parents[1] / "data" / "blns.json").read_bytes())


def assert_refused(answer: Answer, status: int, *paths: str) -> None:
    """A problem of this status, about the fields at ``paths``, in a sentence."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.body
    problem = answer.json()
    assert problem["status"] == status
    assert re.fullmatch(r"[^a-z].{10,}[.]", problem["detail"], re.DOTALL), problem["detail"]
    assert "Traceback" not in problem["detail"]
    assert tuple(fault["path"] for fault in problem.get("errors", [])) == paths
    assert all(fault["message"] for fault in problem.get("errors", []))


async def posted(edge: Edge, body: bytes | Iterable[bytes], *headers: tuple[bytes, bytes]) -> Answer:
    pieces = [body] if isinstance(body, bytes) else body
    return await edge.asked("POST", "/play", headers=[WRITING, *(headers or (JSON,))], body=pieces)


def offer(**said: Any) -> bytes:
    return orjson.dumps({"title": "Rain", "genre": "Nature", "audio_url": RAIN} | said)


# ids


NO_ID = (
    "abc",
    "0",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x1",
    "1_0",
    "²",
    "١",
    "１",
    "\0",
    "1\0",
    "1\n",
    "%",
    "é",
    " ",
)
NEVER_AN_ID = ("..", "null", "NaN", "1;2", "1,2", str(2**63), str(2**64 + 1), str(10**40), "9" * 10_000, "x" * 10_000)


@pytest.mark.parametrize("clip", NO_ID + NEVER_AN_ID)
@pytest.mark.parametrize("below", ["", "/stream", "/stats", "/stats/explain"])
async def test_what_names_no_clip_is_a_404(edge: Edge, clip: str, below: str) -> None:
    await edge.added()

    assert_refused(await edge.asked("GET", f"/play/{clip}{below}", headers=[WRITING]), 404)


@pytest.mark.parametrize("clip", ["abc", "0", "²", str(2**63), "9" * 10_000])
async def test_what_names_no_clip_can_be_neither_changed_nor_deleted(edge: Edge, clip: str) -> None:
    changed = await edge.asked("PATCH", f"/play/{clip}", headers=[WRITING, JSON], body=[b"{}"])

    assert_refused(changed, 404)
    assert_refused(await edge.asked("DELETE", f"/play/{clip}", headers=[WRITING]), 404)


class NotedQuestions:
    """A catalogue that notes which clips it was asked for, and has none."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def find(self, clip: int) -> NoReturn:
        self.asked.append(clip)
        raise ClipNotFound(clip)


async def test_no_store_is_asked_for_an_id_that_there_cannot_be(tmp_path: Path) -> None:
    """PostgreSQL's bigint ends there."""
    catalogue = NotedQuestions()
    noted = an_edge(tmp_path, catalogue=catalogue)

    async with noted.client:
        for clip in (0, 2**63 - 1, 2**63, 10**19 - 1, 10**40):
            assert_refused(await noted.asked("GET", f"/play/{clip}"), 404)

    assert catalogue.asked == [2**63 - 1]


async def test_a_number_is_the_same_clip_however_many_zeros_it_begins_with(edge: Edge) -> None:
    await edge.added()

    assert (await edge.asked("GET", "/play/0001")).json()["id"] == 1


# bodies that are no JSON


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"{", b"}", b"not json", b"{'title': 1}", b'{"title": "a",}', b"\xff\xfe{\0}\0",
        b'{"title": "\xff"}', b'{"title": "\xed\xa0\x80"}', b'{"title": "\\ud800"}', b'{"title": "\\udc00\\ud800"}',
        b'{"duration": NaN}',
        b'{"duration": Infinity}', b'{"duration": -Infinity}', b'{"duration": 1e400}', b'{"duration": 01}',
        b'{"title": "\x01"}', b"[" * 30_000, b'{"a":' * 10_000, b"{} {}", b"\0", b"\xef\xbb\xbf{}",
    ],
)  # fmt: skip
async def test_a_body_that_is_no_json_is_a_400(edge: Edge, body: bytes) -> None:
    assert_refused(await posted(edge, body), 400)


@pytest.mark.parametrize("body", [b"null", b"1", b'"text"', b"[]", b"true", b"[{}]", b"[" * 100 + b"]" * 100])
async def test_json_that_is_no_object_is_a_422(edge: Edge, body: bytes) -> None:
    assert_refused(await posted(edge, body), 422, "")


async def test_a_body_that_breaks_off_is_no_defect_of_ours(edge: Edge) -> None:
    for method, path in (("POST", "/play"), ("PATCH", "/play/1")):
        answer = await edge.asked(method, path, headers=[WRITING, JSON], body=[b'{"title":', None])

        assert_refused(answer, 400)


# bodies that are too large


async def test_the_largest_body_is_read_and_one_byte_more_is_not(edge: Edge) -> None:
    at_the_limit = offer().ljust(BODY_LIMIT)

    assert (await posted(edge, at_the_limit)).status == 201
    assert_refused(await posted(edge, at_the_limit + b" "), 413)


async def test_a_huge_body_is_refused_before_it_has_all_come(edge: Edge) -> None:
    """Also one in chunks, whose length nobody tells; the connection cannot be used any more."""
    taken = []

    def ten_megabytes() -> Iterable[bytes]:
        for number in range(10_000):
            taken.append(number)
            yield b"x" * 1_000

    scope_headers = [WRITING, JSON, (b"transfer-encoding", b"chunked")]
    answer = await edge.asked("POST", "/play", headers=scope_headers, body=ten_megabytes())

    assert_refused(answer, 413)
    assert str(BODY_LIMIT) in answer.json()["detail"]
    assert answer.headers["connection"] == "close"
    assert len(taken) < 100


# fields


NO_TEXT: tuple[Any, ...] = (None, 1, True, [], {}, "", " ")
BROKEN: dict[str, tuple[Any, ...]] = {
    "title": (*NO_TEXT, "x" * 201, "a\0b", "a\nb", "\r", "\t", "\x85", "\u2003\u2003"),
    "genre": (*NO_TEXT, "x" * 51, "a\0b", "a\nb"),
    "description": (1, False, [], {}, "x" * 2_001, "\0", "a\x1bb", "\x7f"),
    "tags": (None, 1, "rain", {}, [1], [None], [["a"]], [""], [" "], ["a\nb"], ["x" * 51], ["a", "A"], ["t"] * 21),
    "duration": ("1", "", True, False, [], {}, 0, -1, -0.0, 0.0, "NaN"),
    "audio_url": (
        *NO_TEXT,
        *("rain.wav", "file:///etc/passwd", "ftp://host/a.mp3", "//host/a.mp3", "javascript:1", "Library:a.wav", "🎵"),
        *("library:", "library:/etc/passwd", "library:../a", "library:a/../../b", "library:a\\b", "library:a\0b"),
        *("library:a b.wav", "http://", "http:///a", "http://[::1", "http://h:99999/", "http://h:0/", "http://h:x/"),
        *("http://user:pass@host/a", "http://@host/", "http://ho st/", "http://h/\n", "http://h/\u200b"),
        *("http://h/" + "a" * 2_000, "library:" + "a" * 300, "library:gone.wav", "library:é.wav"),
    ),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, broken in BROKEN.items() for value in broken])
async def test_a_field_that_breaks_its_rules_is_named(edge: Edge, name: str, value: Any) -> None:
    await edge.added()

    for method, path, body in (
        ("POST", "/play", offer(**{name: value})),
        ("PATCH", "/play/1", orjson.dumps({name: value})),
    ):
        assert_refused(await edge.asked(method, path, headers=[WRITING, JSON], body=[body]), 422, name)
    assert len((await edge.asked("GET", "/play")).json()) == 1
    assert (await edge.asked("GET", "/play/1")).json()["title"] == "Rain"


@pytest.mark.parametrize("duration", ["18446744073709551616", "1" + "0" * 300, "1e308", "5e-324", "9007199254740993"])
async def test_a_duration_may_be_any_number_there_is(edge: Edge, duration: str) -> None:
    body = offer()[:-1] + f',"duration":{duration}}}'.encode()

    answer = await posted(edge, body)

    assert (answer.status, answer.json()["duration"]) == (201, float(duration))


async def test_all_faults_of_a_body_are_told_at_once(edge: Edge) -> None:
    body = {"title": "", "genre": 5, "audio_url": "x", "description": 1, "duration": "1", "zebra": 1, "id": 2}

    answer = await posted(edge, orjson.dumps(body))

    assert_refused(answer, 422, "title", "genre", "audio_url", "description", "duration", "id", "zebra")


async def test_everything_that_is_missing_is_told_at_once(edge: Edge) -> None:
    assert_refused(await posted(edge, b"{}"), 422, "title", "genre", "audio_url")


@pytest.mark.parametrize("name", ["play_count", "id", "Title", "stream_url", "", "__class__", "é", "\0", "x" * 50_000])
async def test_an_unknown_key_is_refused_by_its_name(edge: Edge, name: str) -> None:
    answer = await posted(edge, offer(**{name: 1}))

    assert_refused(answer, 422, name[:100])
    assert "not a known field" in answer.json()["detail"]


async def test_of_a_key_that_is_there_twice_the_last_one_counts(edge: Edge) -> None:
    answer = await posted(edge, offer()[:-1] + b',"title":"Hail"}')

    assert (answer.status, answer.json()["title"]) == (201, "Hail")


# media types


@pytest.mark.parametrize(
    "media_type",
    [b"application/json", b"application/JSON; charset=utf-8", b" application/json ;x", b"application/json;"],
)
async def test_json_is_json_whatever_its_parameters(edge: Edge, media_type: bytes) -> None:
    assert (await posted(edge, offer(), (b"content-type", media_type))).status == 201


@pytest.mark.parametrize(
    "media_type",
    [b"", b"text/plain", b"application/xml", b"application/jsonx", b"application/x-www-form-urlencoded", b"\xff\xfe",
     b"json", b";", b"x" * 10_000, b"application/json, text/plain", b"multipart/form"],
)  # fmt: skip
async def test_another_media_type_is_a_415_that_says_which_is_right(edge: Edge, media_type: bytes) -> None:
    answer = await posted(edge, offer(), (b"content-type", media_type))

    assert_refused(answer, 415)
    assert answer.headers["accept"] == "application/json, multipart/form-data"
    assert "application/json or multipart/form-data" in answer.json()["detail"]
    assert len(answer.body) < 1_000


async def test_a_body_without_a_media_type_is_a_415(edge: Edge) -> None:
    assert_refused(await edge.asked("POST", "/play", headers=[WRITING], body=[offer()]), 415)


# queries


@pytest.mark.parametrize(
    ("query", "path"),
    [
        *(
            (b"limit=" + value, "limit")
            for value in (b"", b"0", b"101", b"-1", b"1.5", b"abc", b"%C2%B2", b"%D9%A1", b"+1")
        ),
        *((b"limit=" + value, "limit") for value in (b"1e1", b"1_0", b"%00", b"9" * 5_000, b"\xff", b"1%0A", b"%201")),
        *(
            (b"sort=" + value, "sort")
            for value in (b"", b"id", b"NEWEST", b"newest,title", b"%00", b"\xff", b"x" * 5_000)
        ),
        *((b"q=" + value, "q") for value in (b"%00", b"a%00b", b"x" * 201)),
        *((b"tag=" + value, "tag") for value in (b"%00", b"a&tag=%00", b"x" * 201, b"a" + b"&tag=a" * 20)),
        *((b"genre=" + value, "genre") for value in (b"%00", b"x" * 201)),
        *(
            (b"after=" + value, "after")
            for value in (b"", b"garbage", b"%00", b"%F0%9F%8E%B5", b"\xff", b"=", b"====", b"AAAA")
        ),
    ],
)
async def test_a_query_that_breaks_its_rules_is_named(edge: Edge, query: bytes, path: str) -> None:
    answer = await edge.asked("GET", "/play", query)

    assert_refused(answer, 422, path)


async def test_all_faults_of_a_query_are_told_at_once(edge: Edge) -> None:
    assert_refused(
        await edge.asked("GET", "/play", b"limit=0&sort=x&q=%00&genre=%00"), 422, "q", "genre", "sort", "limit"
    )


def cursor(*parts: Any) -> bytes:
    return urlsafe_b64encode(orjson.dumps(parts))


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        *(
            ("newest", urlsafe_b64encode(json))
            for json in (b"5", b"null", b'"abc"', b"{}", b"[]", b"[1,2]", b"true", b"1.5")
        ),
        *(("newest", cursor(*parts)) for parts in (("title", 1, None), ("newest", 1, "a"), ("newest", "1", None))),
        *(("newest", cursor("newest", clip, None)) for clip in (0, -1, 2**63, 1.0, True, None, [1])),
        *(("title", cursor("title", 1, key)) for key in (None, 1, "a\0b", ["a"], {"a": 1})),
        *(("plays", cursor("plays", 1, key)) for key in (None, "1", -1, 2**63, 1.5, True)),
        *(("trending", cursor("trending", 1, 5, *days)) for days in ((), (None,), (5,), ("soon",), ("1969-12-31",))),
        *(("trending", cursor("trending", 1, 5, day)) for day in ("0001-01-01", "10000-01-01", ["2026-11-22"])),
        ("trending", cursor("trending", 1, 5, "2026-11-22", "2026-11-22")),
        ("trending", cursor("trending", 1, -1, "2026-11-22")),
        ("relevance&q=rain", cursor("relevance", 1, None)),
        ("relevance&q=rain", cursor("relevance", 1, 5, "2026-11-22")),
        ("plays", urlsafe_b64encode(b'["plays",1,1e400]')),
        ("title", urlsafe_b64encode(b'["title",1,"\\ud800"]')),
        ("title", urlsafe_b64encode(b'["title",1,"\xed\xa0\x80"]')),
    ],
)
async def test_a_cursor_that_was_never_given_is_refused(edge: Edge, sort: str, after: bytes) -> None:
    await edge.added()

    answer = await edge.asked("GET", "/play", f"sort={sort}&after=".encode() + after)

    assert_refused(answer, 422, "after")


async def test_a_cursor_holds_only_for_the_order_it_was_given_in(edge: Edge) -> None:
    for title in ("a", "b"):
        await edge.added(title=title)
    given_after = {
        sort: (await edge.client.get(f"/play?limit=1&q=n&sort={sort}")).links["next"]["url"].partition("after=")[2]
        for sort in Sort
    }

    for sort in given_after:
        for other, after in given_after.items():
            answer = await edge.asked("GET", "/play", f"q=n&sort={sort}&after={after}".encode())
            assert answer.status == (200 if sort == other else 422), (sort, other)


@pytest.mark.parametrize(
    "query",
    [b"q=%F0%9F%8E%B5", b"q=%25", b"q=%", b"q=%zz", b"q=\xff", b"q=%ED%A0%80", b"q=" + b"x" * 200, b"a=b&a=c", b"&&=&",
     b"colour=red", b"q=%01", b"genre=%0A", b"%00=%00", b"q", b"=" * 5_000, b"q=%5C'%22;--"],
)  # fmt: skip
async def test_a_query_that_is_only_odd_finds_nothing_or_something(edge: Edge, query: bytes) -> None:
    await edge.added()

    answer = await edge.asked("GET", "/play", query)

    assert answer.status == 200
    assert isinstance(answer.json(), list)


# headers


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"bytes", b"bytes=", b"bytes=-", b"bytes=--5", b"bytes=1-2-3", b"bytes=a-b", b"bytes=1.5-2", b"none"),
        *(b"bytes=0x0-0x1", b"bytes=\xb2-", b"bytes=\xff", b"bytes=0-\0", b"=0-1", b"0-1", b"bytes 0-1", b"bytes=0-1;"),
        *(b"items=0-1", b"bytes=5-2", b"bytes=" + b"0-1," * 5_000, b"bytes=" + b"1" * 50_000 + b"-2", b" " * 5_000),
        b"bytes=0-" + b"9" * 50_000,
    ],
)
async def test_a_malformed_range_still_gets_the_clip(edge: Edge, value: bytes) -> None:
    await edge.added()

    answer = await edge.asked("GET", "/play/1/stream", headers=[(b"range", value)])

    assert answer.status in (200, 206)
    assert answer.headers["content-length"] == str(len(answer.body))


ASKING = (
    b"range",
    b"if-range",
    b"accept",
    b"x-playback-session-id",
    b"sec-purpose",
    b"host",
    b"x-request-id",
    b"cookie",
)
TELLING = (b"authorization", b"x-api-key", b"content-type", b"te", b"expect")
ODD = (b"", b"\xff\xfe", b"\xf0\x9f\x8e\xb5", b"\0", b"x" * 60_000, b',;=,,;q="', b"[", b"]:x")


@pytest.mark.parametrize("name", ASKING + TELLING)
@pytest.mark.parametrize("value", ODD)
async def test_no_header_is_too_odd(edge: Edge, name: bytes, value: bytes) -> None:
    for title in ("a", "b"):
        await edge.added(title=title)

    for path, query in (("/play", b"limit=1"), ("/play/1/stream", b""), ("/metrics", b""), ("/", b""), ("/play/", b"")):
        assert (await edge.asked("GET", path, query, [(name, value)])).status in (200, 206, 406, 416)
    assert (await edge.asked("POST", "/play", headers=[(name, value)], body=[offer()])).status in (401, 406, 415)


async def test_the_same_header_twice_is_no_defect(edge: Edge) -> None:
    await edge.added()
    twice = [(b"range", b"bytes=0-1"), (b"range", b"bytes=4-5"), (b"x-api-key", b"a"), (b"x-api-key", b"b")]

    assert (await edge.asked("GET", "/play/1/stream", headers=twice)).status in (200, 206)


# everything


async def test_naughty_strings_are_kept_as_they_are_or_refused_by_name(edge: Edge) -> None:
    assert len(NAUGHTY) > 500
    for text in NAUGHTY:
        for name in ("title", "description", "genre", "audio_url"):
            answer = await posted(edge, offer(**{name: text}))
            if answer.status == 201:
                assert answer.json()[name] == text
                assert (await edge.asked("GET", answer.headers["location"])).json()[name] == text
            else:
                assert_refused(answer, 422, name)


async def test_naughty_strings_in_addresses_are_answered_or_refused(edge: Edge) -> None:
    await edge.added()
    for text in NAUGHTY:
        escaped = quote_from_bytes(text.encode()).encode()
        for query in (b"q=" + escaped, b"genre=" + escaped, b"after=" + escaped, b"play=" + escaped, escaped):
            answer = await edge.asked("GET", "/play", query)
            assert answer.status in (200, 422)
            assert (await edge.asked("GET", "/play/1/stream", query)).status in (200, 422)
        for name in (b"interval=", b"from=", b"to=", b"interval=hour&to="):
            for path in ("/play/1/stats", "/stats"):
                assert_refused(
                    await edge.asked("GET", path, name + escaped), 422, name[:-1].rpartition(b"&")[2].decode()
                )
        assert (await edge.asked("GET", "/stats", b"limit=" + escaped)).status in (200, 422)
        for path in (f"/play/{text}", f"/play/{text}/stream", f"/page/{text}"):
            assert (await edge.asked("GET", path)).status in (200, 404)


@pytest.fixture
async def filled(edge: Edge) -> Edge:
    """The service with two clips."""
    for title in ("a", "b"):
        await edge.added(title=title)
    return edge


header_values = st.binary(max_size=40) | st.sampled_from(
    [b"application/json", b"bytes=0-", b"bytes=-1", b"text/html", b"*/*;q=0", f"Bearer {KEY}".encode(), b"prefetch"]
)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [b"range", b"accept", b"content-type", b"authorization", b"x-api-key", b"if-range", b"host", b"sec-purpose"]
        ),
        header_values,
    ),
    max_size=4,
)
paths = st.sampled_from(
    [
        "/play",
        "/play/1",
        "/play/1/stream",
        "/play/1/stats",
        "/play/1/stats/explain",
        "/stats",
        "/about/counting",
        "/play/",
        "/play//",
        "/metrics",
        "/",
        "/api/v1/play",
    ]
) | st.text(st.characters(codec="utf-8"), max_size=20).map(lambda text: f"/{text}")
tampered = st.recursive(st.none() | st.integers(-(2**63), 2**63) | st.text(st.characters(codec="utf-8")), st.lists)
queries = st.binary(max_size=40) | st.builds(
    bytes.__add__,
    st.sampled_from(
        [
            b"limit=1&after=",
            b"sort=title&after=",
            b"sort=plays&after=",
            b"sort=trending&after=",
            b"q=a&after=",
            b"tag=",
            b"sort=",
            b"q=",
            b"play=",
            b"interval=hour&from=",
            b"from=",
            b"to=",
            b"interval=",
        ]
    ),
    st.binary(max_size=20) | tampered.map(lambda value: urlsafe_b64encode(orjson.dumps(value))),
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=5,
)
bodies = st.binary(max_size=100) | st.dictionaries(
    st.sampled_from(["title", "genre", "audio_url", "description", "duration", "tags", "other"]), values
).map(orjson.dumps)


requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", "FOO", "get", ""]),
        "path": paths,
        "query": queries,
        "headers": headers,
        "body": st.lists(bodies, max_size=2),
    }
)


def plain(path: str, query: bytes = b"", *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"method": "GET", "path": path, "query": query, "headers": headers}


@effort(max_examples=200)
@given(request=requests)
@example(plain("/play", b"limit=1&colour=\xff"))
@example(plain("/play//", b"\xff"))
@example(plain("/play", b"after=NQ=="))
@example(plain("/stats", b"from=0001-01-01&to=9999-12-31"))
@example(plain("/stats", b"to=0001-01-01T00:00:00%2B23:59"))
@example(plain("/metrics", b"", (b"accept", b"application/openmetrics-text;version=x")))
async def test_nothing_a_client_can_send_is_a_defect(filled: Edge, request: dict[str, Any]) -> None:
    answer = await filled.asked(**request)

    assert answer.status < 500
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


@given(
    said=st.dictionaries(
        st.sampled_from(["title", "genre", "audio_url", "description", "duration", "tags", "x"]), values
    )
)
async def test_a_body_of_anything_is_kept_or_refused_field_by_field(filled: Edge, said: dict[str, Any]) -> None:
    for method, path in (("POST", "/play"), ("PATCH", "/play/1")):
        answer = await filled.asked(method, path, headers=[WRITING, JSON], body=[orjson.dumps(said)])

        assert answer.status in (200, 201, 422)
        if answer.status == 422:
            assert {fault["path"] for fault in answer.json()["errors"]} <= said.keys() | {"title", "genre", "audio_url"}
