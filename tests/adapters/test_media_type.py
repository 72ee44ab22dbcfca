"""What is recognised as audio by its first bytes, and what only looks like it."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.audio.media_type import HEAD_BYTES, media_type_of
from adapters.audio.mpeg_frame import mpeg_frame_length
from adapters.audio.remote.declared_type import type_of_part, type_of_unrecognised
from tests.sounds import m4a, mp3, ogg_page, opus, wav, with_id3

ADTS_FRAME = bytes((0xFF, 0xF1, 0x50, 0x80, 0x04, 0x3F, 0xFC)) + bytes(26)  # 33 bytes, AAC LC, 44.1 kHz
FLAC = b"fLaC\x00\x00\x00\x22" + bytes(34)
EBML_WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
EBML_MATROSKA = EBML_WEBM.replace(b"\x84webm", b"\x88matroska")
VORBIS = ogg_page(b"\x01vorbis" + bytes(23), kind=2)
THEORA = ogg_page(b"\x80theora" + bytes(35), kind=2, serial=2)
SKELETON = ogg_page(b"fishead\0" + bytes(56), kind=2, serial=3)


def brands(*names: bytes) -> bytes:
    body = names[0] + bytes(4) + b"".join(names[1:])
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body


AUDIO = {
    "MP3": (mp3(), "audio/mpeg"),
    "MP3 behind ID3": (with_id3(mp3()), "audio/mpeg"),
    "MP3 behind a picture": (with_id3(mp3(), size=200_000), "audio/mpeg"),
    "FLAC": (FLAC, "audio/flac"),
    "FLAC behind ID3": (with_id3(FLAC), "audio/flac"),
    "AAC": (ADTS_FRAME * 2, "audio/aac"),
    "AAC behind two ID3": (with_id3(with_id3(ADTS_FRAME * 2)), "audio/aac"),
    "Vorbis": (VORBIS, "audio/ogg"),
    "Opus": (opus(3), "audio/ogg"),
    "Ogg FLAC": (ogg_page(b"\x7fFLAC\x01\x00" + bytes(40), kind=2), "audio/ogg"),
    "Speex": (ogg_page(b"Speex   1.2" + bytes(60), kind=2), "audio/ogg"),
    "Vorbis with a skeleton": (SKELETON + VORBIS, "audio/ogg"),
    "WAVE": (wav(), "audio/wav"),
    "RF64": (wav().replace(b"RIFF", b"RF64"), "audio/wav"),
    "AIFF": (b"FORM\x00\x00\x10\x00AIFFCOMM", "audio/aiff"),
    "AIFC": (b"FORM\x00\x00\x10\x00AIFCFVER", "audio/aiff"),
    "M4A": (m4a(3, index_first=True), "audio/mp4"),
    "audiobook": (brands(b"M4B ", b"M4B "), "audio/mp4"),
    "MP4": (brands(b"isom", b"isom", b"mp42"), "audio/mp4"),
    "MP4 with an unknown first brand": (brands(b"XXXX", b"mp42"), "audio/mp4"),
    "WebM": (EBML_WEBM, "audio/webm"),
}
OTHER = {
    "nothing": b"",
    "HTML": b"<!doctype html><html>",
    "JSON": b'{"error": "gone"}',
    "text": b"ID, name, title\n1, 2, 3",
    "UTF-16 text": b"\xff\xfe" + "hello, world. ".encode("utf-16-le") * 1000,
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 40,
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "ones": b"\xff" * 10_000,
    "zeros": bytes(10_000),
    "one MPEG frame header": mp3(1),
    "a frame and something else": mp3(1) + b"<html>" * 100,
    "two kinds of frame": mp3(1) + bytes((0xFF, 0xFD, 0x90, 0x00)) + bytes(1000),
    "one AAC frame": ADTS_FRAME,
    "Theora": THEORA,
    "a film with sound": THEORA + VORBIS,
    "a film, sound first": VORBIS + THEORA,
    "an Ogg page from the middle": ogg_page(b"\x01vorbis", kind=0),
    "AVI": b"RIFF\x00\x00\x01\x00AVI LIST",
    "WebP": b"RIFF\x00\x00\x01\x00WEBPVP8 ",
    "Matroska": EBML_MATROSKA,
    "AVIF": brands(b"avif", b"mif1", b"miaf", b"iso8"),
    "HEIC": brands(b"heic", b"mif1", b"heic"),
    "QuickTime": brands(b"qt  ", b"qt  "),
    "M4V": brands(b"M4V ", b"M4V ", b"mp42"),
    "PDF": b"%PDF-1.7\n",
    "ZIP": b"PK\x03\x04" + bytes(100),
}


@pytest.mark.parametrize(("head", "media_type"), AUDIO.values(), ids=AUDIO)
def test_audio_is_recognised(head: bytes, media_type: str) -> None:
    assert media_type_of(head[:HEAD_BYTES]) == media_type


@pytest.mark.parametrize("head", OTHER.values(), ids=OTHER)
def test_what_is_not_audio_is_not_recognised(head: bytes) -> None:
    assert media_type_of(head[:HEAD_BYTES]) is None


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda head, cut, noise: head[0][:cut] + noise,
        st.sampled_from(list(AUDIO.values())),
        st.integers(0, 100),
        st.binary(max_size=100),
    )
)
@example(b"ID3\x04\x00\x00\x00\x00\x00\x00" * 800)
def test_no_bytes_are_too_strange_to_look_at(head: bytes) -> None:
    assert media_type_of(head) is None or media_type_of(head) in {media_type for _, media_type in AUDIO.values()}


@given(
    st.binary(max_size=400).map(lambda rest: b"<!doctype html>" + rest)
    | st.text(min_size=1).map(lambda text: text.encode("utf-16"))
)
def test_text_is_never_audio(head: bytes) -> None:
    assert media_type_of(head) is None


@pytest.mark.parametrize(
    ("header", "length"),
    [
        ("fffb9000", 417),  # MPEG-1 III, 128 kbit/s, 44.1 kHz
        ("fffb9200", 418),  # the same, padded
        ("fffbe400", 960),  # 320 kbit/s, 48 kHz
        ("fff38400", 192),  # MPEG-2 III, 64 kbit/s, 24 kHz
        ("ffe38800", 576),  # MPEG-2.5 III, 64 kbit/s, 8 kHz
        ("fffda400", 576),  # MPEG-1 II, 192 kbit/s, 48 kHz
        ("ffff9400", 288 * 4 // 4),  # MPEG-1 I, 288 kbit/s, 48 kHz
    ],
)
def test_a_frame_is_as_long_as_its_header_says(header: str, length: int) -> None:
    assert mpeg_frame_length(bytes.fromhex(header)) == length


def test_no_frame_is_longer_than_the_head_that_is_looked_at() -> None:
    lengths = (mpeg_frame_length(bytes((0xFF, *rest, 0))) for rest in product(range(0xE0, 0x100), range(0x100)))

    assert max(length or 0 for length in lengths) + 4 <= HEAD_BYTES


@pytest.mark.parametrize("declared", ["audio/x-new", "Audio/X-New; rate=8000", "application/ogg"])
def test_a_source_is_believed_to_give_audio_of_a_kind_not_recognised(declared: str) -> None:
    assert type_of_unrecognised(b"new\0sound", declared) == (True, declared.partition(";")[0].lower())


@pytest.mark.parametrize(
    "head", [b"<!doctype html>\n\t<title>Gone</title>", b'{"error": 404}', b"#EXTM3U\r\n", b"", b"\x1b[0m"]
)
def test_text_is_not_audio_whatever_its_label_says(head: bytes) -> None:
    assert type_of_unrecognised(head, "audio/mpeg") == (False, None)


@pytest.mark.parametrize(
    "declared", ["", "text/html", "application/octet-stream", "video/mp4", "audio/x-mpegurl", "audio/", "audio/a b"]
)
def test_what_is_neither_recognised_nor_declared_audio_is_not_audio(declared: str) -> None:
    assert type_of_unrecognised(b"new\0sound", declared) == (False, None)


@pytest.mark.parametrize(
    ("declared", "may_be_audio", "media_type"),
    [
        ("audio/mpeg", True, "audio/mpeg"),
        ("AUDIO/OGG; codecs=opus", True, "audio/ogg"),
        ("", True, None),
        ("application/octet-stream", True, None),
        ("binary/octet-stream", True, None),
        ("application/ogg", True, None),
        ("video/mp4", True, None),
        ("text/html; charset=utf-8", False, None),
        ("application/json", False, None),
        ("audio/mpegurl", False, None),
    ],
)
def test_a_part_is_judged_by_its_label(declared: str, may_be_audio: bool, media_type: str | None) -> None:
    assert type_of_part(declared) == (may_be_audio, media_type)
