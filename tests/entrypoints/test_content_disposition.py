"""A clip is saved under its title: in any language, as no path, and told so that every browser reads it (RFC 8187)."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.web.content_disposition import content_disposition

VALUE = re.compile(
    r"inline; filename=\"(?P<plain>[^\"\\/\x00-\x1f\x7f-\U0010ffff]+)\"(?:; filename\*=UTF-8''(?P<full>[!-~]+))?"
)
ATTR_CHAR = re.compile(r"(?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-F]{2})+")


@given(title=st.text(min_size=1, max_size=200) | st.text("aé雨🌧ﷺ", min_size=150, max_size=200))
def test_any_title_makes_a_field_that_can_be_sent_and_names_a_file(title: str) -> None:
    found = VALUE.fullmatch(content_disposition(title, "audio/mpeg"))
    assert found
    names = [found["plain"]]
    if found["full"]:
        assert ATTR_CHAR.fullmatch(found["full"])
        names.append(unquote(found["full"], errors="strict"))

    for name in names:
        assert name.endswith(".mp3")
        assert not name.startswith(".")
        assert len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|%')
        assert name.isprintable() or " " in name


@pytest.mark.parametrize(
    ("title", "media_type", "value"),
    [
        ("Rain", "audio/mpeg", 'inline; filename="Rain.mp3"'),
        ("Rain on a roof", "audio/ogg", 'inline; filename="Rain on a roof.ogg"'),
        ("Café", "audio/flac", "inline; filename=\"Cafe.flac\"; filename*=UTF-8''Caf%C3%A9.flac"),
        ("雨", "audio/wav", "inline; filename=\"_.wav\"; filename*=UTF-8''%E9%9B%A8.wav"),
        ("../../etc/passwd", "audio/mp4", 'inline; filename="_.._etc_passwd.m4a"'),
        ('a"b\\c', "audio/aac", 'inline; filename="a_b_c.aac"'),
        ("a\r\nSet-Cookie: b", "audio/webm", 'inline; filename="a Set-Cookie_ b.webm"'),
        ("...", "audio/aiff", 'inline; filename="clip.aiff"'),
        ("100%25", "audio/mpeg", 'inline; filename="100_25.mp3"'),
        ("Rain", "audio/x-new", 'inline; filename="Rain"'),
    ],
)
def test_a_title_becomes_a_name(title: str, media_type: str, value: str) -> None:
    assert content_disposition(title, media_type) == value
