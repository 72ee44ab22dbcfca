"""How many bytes lie before the sound, in every format that is served."""

import re
from base64 import b64encode
from pathlib import Path
from struct import pack
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.audio.in_memory import MemoryAudio
from adapters.audio.probe.lead_in import LONGEST, header_size
from adapters.audio.probe.tag_probe import HEAD, TagProbe
from domain.location import AudioLocation
from tests.sounds import box, m4a, mp3, ogg_page, opus, wav, with_id3
from tests.upstream import chunked, remote_audio, upstream

SAMPLES = Path(__file__).parents[2] / "entrypoints/sample_clips"
ADTS_FRAME = bytes((0xFF, 0xF1, 0x50, 0x80, 0x04, 0x3F, 0xFC)) + bytes(26)
FLAC_FRAME = b"\xff\xf8\x59\x08" + bytes(range(200))
SOUND = bytes(range(256)) * 4
PAGE_FULL = 255 * 255


def id3(content: int, *, flags: int = 0) -> bytes:
    """An ID3v2.4 tag of so many bytes, with a footer if the flags say so."""
    header = bytes((4, 0, flags, *(content >> shift & 0x7F for shift in (21, 14, 7, 0))))
    return b"ID3" + header + b"\xaa" * content + (b"3DI" + header if flags & 0x10 else b"")


def flac_block(kind: int, content: bytes, *, is_last: bool = False) -> bytes:
    return bytes((kind | (0x80 if is_last else 0),)) + len(content).to_bytes(3, "big") + content


def flac(*blocks: tuple[int, bytes]) -> bytes:
    """What stands before the frames of a FLAC file: STREAMINFO, and these blocks."""
    written = [flac_block(kind, content) for kind, content in ((0, bytes(34)), *blocks[:-1])]
    last = flac_block(blocks[-1][0], blocks[-1][1], is_last=True) if blocks else b""
    return b"fLaC" + b"".join(written) + last


def chunk(kind: bytes, content: bytes, order: str = "<") -> bytes:
    return kind + pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def wave(*chunks: bytes, form: bytes = b"RIFF") -> bytes:
    """What stands before the samples of a WAVE file; no size of it is true but those of the chunks."""
    return form + b"\xff" * 4 + b"WAVE" + b"".join(chunks) + b"data" + b"\xff" * 4


def aiff(*chunks: bytes, offset: int = 0, form: bytes = b"AIFF") -> bytes:
    data = b"SSND" + pack(">III", 8 + offset + len(SOUND), offset, 0) + bytes(offset)
    return b"FORM" + pack(">I", 100) + form + b"".join(chunks) + data


def large_box(kind: bytes, content: bytes) -> bytes:
    return pack(">I4sQ", 1, kind, len(content) + 16) + content


def ogg(*packets: bytes, serial: int = 1) -> bytes:
    """Ogg pages of header packets: the first on a page of its own, the others following each other without a break."""
    first = ogg_page(packets[0], kind=2, serial=serial)
    rest = b"".join(packets[1:])
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets[1:])
    pages = []
    for number, at in enumerate(range(0, len(lacing), 255)):
        values = lacing[at : at + 255]
        granule = -1 if values == b"\xff" * 255 else 0
        header = b"OggS\x00" + pack("<BqIIIB", 0, granule, serial, number + 1, 0, len(values))
        pages.append(header + values + rest[: sum(values)])
        rest = rest[sum(values) :]
    return first + b"".join(pages)


def ogg_sound(serial: int = 1) -> bytes:
    return ogg_page(SOUND, granule=960, serial=serial) + ogg_page(SOUND, granule=1920, serial=serial)


def ogg_flac(*blocks: bytes, told: int) -> bytes:
    return ogg(b"\x7fFLAC\x01\x00" + pack(">H", told) + b"fLaC" + flac_block(0, bytes(34)), *blocks)


def speex(extra: int) -> bytes:
    return b"Speex   ".ljust(68, b"\0") + pack("<I", extra) + bytes(8)


def element(id_: bytes, content: bytes) -> bytes:
    return id_ + (len(content) | 1 << 28).to_bytes(4, "big") + content


EBML = element(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm")
TRACKS = element(b"\x16\x54\xae\x6b", bytes(300))
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
SEGMENT = b"\x18\x53\x80\x67" + UNKNOWN_SIZE
CLUSTER = b"\x1f\x43\xb6\x75" + UNKNOWN_SIZE
FTYP = box(b"ftyp", b"M4A ", bytes(4), b"isom")
OPUS, OPUS_TAGS = b"OpusHead\x01\x02" + bytes(9), b"OpusTags" + bytes(8)
VORBIS = b"\x01vorbis" + bytes(23)
COVER = b"OpusTags" + b"METADATA_BLOCK_PICTURE=" + b64encode(bytes(300_000))

CLIPS = {  # what comes before the sound, and the sound
    "MP3 alone": (b"", mp3()),
    "MP3 behind a tag": (id3(100), mp3()),
    "MP3 behind an empty tag": (id3(0), mp3()),
    "MP3 behind a tag with a footer": (id3(257, flags=0x10), mp3()),
    "MP3 behind three tags": (id3(5) + id3(300, flags=0x10) + id3(20_000), mp3()),
    "MP3 behind a tag and zeros": (id3(5) + bytes(1000), mp3()),
    "AAC alone": (b"", ADTS_FRAME * 3),
    "AAC behind a tag": (id3(73), ADTS_FRAME * 3),
    "AAC behind a tag and zeros": (id3(73) + bytes(3), ADTS_FRAME * 3),
    "FLAC with one block": (b"fLaC" + flac_block(0, bytes(34), is_last=True), FLAC_FRAME),
    "FLAC with a picture": (flac((4, bytes(80)), (6, bytes(70_000)), (1, bytes(8192))), FLAC_FRAME),
    "FLAC behind a tag": (id3(500) + flac((4, bytes(80))), FLAC_FRAME),
    "WAVE": (wave(chunk(b"fmt ", bytes(16))), SOUND),
    "WAVE with an odd chunk": (wave(chunk(b"fmt ", bytes(16)), chunk(b"LIST", b"INFO.")), SOUND),
    "RF64": (wave(chunk(b"ds64", bytes(28)), chunk(b"fmt ", bytes(16)), form=b"RF64"), SOUND),
    "BW64": (wave(chunk(b"JUNK", bytes(28)), chunk(b"fmt ", bytes(16)), form=b"BW64"), SOUND),
    "WAVE behind a tag": (id3(9) + wave(chunk(b"fmt ", bytes(16))), SOUND),
    "AIFF": (aiff(chunk(b"COMM", bytes(18), ">")), SOUND),
    "AIFF with an odd chunk": (aiff(chunk(b"NAME", b"abc", ">"), chunk(b"COMM", bytes(18), ">")), SOUND),
    "AIFC with aligned samples": (aiff(chunk(b"COMM", bytes(18), ">"), offset=486, form=b"AIFC"), SOUND),
    "MP4, index first": (FTYP + box(b"moov", bytes(5000)) + box(b"mdat"), SOUND),
    "MP4, index last": (FTYP + box(b"free") + pack(">I", len(SOUND) + 8) + b"mdat", SOUND + box(b"moov")),
    "MP4 of a large box": (FTYP + large_box(b"mdat", b""), SOUND),
    "MP4 behind a large box": (FTYP + large_box(b"moov", bytes(50)) + box(b"mdat"), SOUND),
    "MP4 of eight bytes of sound": (FTYP + pack(">I", 16) + b"mdat", SOUND[:8]),
    "MP4, data to the end": (FTYP + pack(">I", 0) + b"mdat", SOUND),
    "MP4, data first": (pack(">I", 8) + b"mdat", SOUND),
    "MP4, large data first": (large_box(b"mdat", b""), SOUND),
    "MP4 in fragments": (FTYP + box(b"moov", bytes(9)) + box(b"moof", bytes(9)) + box(b"mdat"), SOUND),
    "Opus": (ogg(OPUS, OPUS_TAGS), ogg_sound()),
    "Opus with a picture over seven pages": (ogg(OPUS, COVER), ogg_sound()),
    "Opus with a comment of one full page": (ogg(OPUS, OPUS_TAGS.ljust(PAGE_FULL)), ogg_sound()),
    "Vorbis": (ogg(VORBIS, b"\x03vorbis" + bytes(100), b"\x05vorbis" + bytes(4000)), ogg_sound()),
    "Vorbis with a long set-up": (ogg(VORBIS, b"\x03vorbis", bytes(66_000)), ogg_sound()),
    "Vorbis behind a skeleton": (
        ogg_page(b"fishead\0" + bytes(56), kind=2, serial=7)
        + ogg_page(VORBIS, kind=2)
        + ogg_page(b"fisbone\0" + bytes(44), serial=7)
        + ogg_page(b"\x03vorbis", number=1)
        + ogg_page(b"", kind=4, serial=7)
        + ogg_page(b"\x05vorbis", number=2),
        ogg_sound(),
    ),
    "Vorbis and Opus side by side": (
        ogg_page(VORBIS, kind=2, serial=1)
        + ogg_page(OPUS, kind=2, serial=2)
        + ogg_page(OPUS_TAGS, serial=2)
        + ogg_page(b"\x03vorbis", serial=1)
        + ogg_page(b"\x05vorbis", serial=1),
        ogg_sound(2) + ogg_sound(1),
    ),
    "FLAC in Ogg": (ogg_flac(flac_block(4, bytes(40)), flac_block(6, bytes(90_000)), told=2), ogg_sound()),
    "FLAC in Ogg, blocks untold": (ogg_flac(*[flac_block(4, bytes(40))] * 9, told=0), ogg_sound()),
    "Speex": (ogg(speex(0), b"comment"), ogg_sound()),
    "Speex with two more": (ogg(speex(2), b"comment", bytes(66_000), bytes(66_000)), ogg_sound()),
    "WebM": (EBML + SEGMENT + TRACKS + CLUSTER, SOUND),
    "WebM with an odd size": (EBML + SEGMENT + b"\xec\x85void." + TRACKS + CLUSTER, SOUND),
}


@pytest.mark.parametrize(("lead_in", "sound"), CLIPS.values(), ids=CLIPS)
def test_the_header_is_all_that_comes_before_the_sound(lead_in: bytes, sound: bytes) -> None:
    assert header_size(lead_in + sound) == len(lead_in)


@pytest.mark.parametrize(("lead_in", "sound"), CLIPS.values(), ids=CLIPS)
def test_a_shorter_head_never_tells_a_longer_header(lead_in: bytes, sound: bytes) -> None:
    content = lead_in + sound
    cuts = {*range(min(len(content), 700)), *range(0, len(content), 997)}

    assert max(header_size(content[:cut]) for cut in cuts) <= len(lead_in)


@pytest.mark.parametrize("name", ["night-bus", "porch-strings", "slow-sunrise"])
def test_the_sound_of_a_sample_mp3_begins_at_its_first_frame(name: str) -> None:
    content = (SAMPLES / f"{name}.mp3").read_bytes()

    assert header_size(content) == content.index(b"\xff\xfb\x90") > 0


@pytest.mark.parametrize("name", ["crooked-beat", "glass-bells", "rain-on-the-roof"])
def test_the_sound_of_a_sample_ogg_begins_with_the_page_that_tells_the_first_samples(name: str) -> None:
    content = (SAMPLES / f"{name}.ogg").read_bytes()
    pages = re.finditer(rb"OggS\x00.(.{8})", content, re.DOTALL)

    assert header_size(content) == next(page.start() for page in pages if any(page[1])) > 3000


@pytest.mark.parametrize(
    "lead_in",
    [
        id3(3_000_000),
        id3(20) + id3(2_000_000, flags=0x10),
        flac((4, bytes(80)), (6, bytes(2_000_000))),
        wave(chunk(b"fmt ", bytes(16)), chunk(b"LIST", bytes(1_500_000)))[:-8],
        aiff(chunk(b"APPL", bytes(1_500_000), ">"))[:-16],
        FTYP + box(b"moov", bytes(1_500_000)),
        FTYP + large_box(b"free", bytes(1_500_000)),
        EBML + SEGMENT + element(b"\x12\x54\xc3\x67", bytes(1_500_000)),
    ],
)
def test_a_header_longer_than_the_head_is_told_by_its_sizes(lead_in: bytes) -> None:
    assert header_size(lead_in[:HEAD]) == len(lead_in) > HEAD


def test_a_header_whose_rest_lies_behind_the_head_is_told_as_far_as_its_sizes_reach() -> None:
    shown = flac((6, bytes(2_000_000)), (1, bytes(8192)))
    first_page = ogg_page(OPUS, kind=2)

    assert header_size(shown[:HEAD]) == len(shown) - 4 - 8192
    assert {header_size(ogg(OPUS, OPUS_TAGS)[:cut]) for cut in range(len(first_page), len(first_page) + 28)} == {
        len(first_page)
    }


def test_a_picture_in_ogg_that_runs_past_the_head_ends_with_the_last_page_that_began_in_it() -> None:
    lead_in = ogg(OPUS, b"OpusTags" + bytes(2_000_000))

    assert HEAD - PAGE_FULL < header_size(lead_in[:HEAD]) <= HEAD + PAGE_FULL < len(lead_in)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"ID",
        b"<!doctype html>" + bytes(100),
        bytes(5000),
        bytes(100) + SOUND,
        b"ID3\xff\x00\x00\x00\x00\x00\x05" + SOUND,  # no version is 255
        b"ID3\x04\x00\x00\x00\x00\x00\x80" + SOUND,  # a size has seven bits in each byte
        b"fLaC" + flac_block(0, bytes(34)) + b"\xff\x00\x00\x04" + SOUND,
        FTYP + pack(">I", 7) + b"moov" + SOUND,
        FTYP + pack(">I", 0) + b"moov" + SOUND,
        FTYP + pack(">I4sQ", 1, b"moov", 15) + SOUND,
        FTYP + pack(">I4sQ", 1, b"moov", 2**64 - 1) + SOUND,
        b"RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff" + SOUND,  # of four gigabytes
        b"RIFF\x00\x00\x00\x00AVI LIST" + SOUND,
        ogg_page(b"\x80theora", kind=2) + ogg_page(SOUND) * 2,
        ogg_page(OPUS, kind=2) + SOUND,
        ogg_sound(),
        ogg_page(OPUS) + ogg_page(OPUS_TAGS) + ogg_sound(),  # no page says that a stream begins
        EBML + SEGMENT + bytes(20) + CLUSTER,
        EBML + SEGMENT + b"\x08" + bytes(4) + b"\x81\x00" + CLUSTER + SOUND,  # no id has five bytes
        EBML + SEGMENT + b"\x16\x54\xae\x6b" + b"\xff" + bytes(127) + CLUSTER + SOUND,  # of unknown size
    ],
)
def test_a_header_that_is_not_told_or_cannot_be_is_none(head: bytes) -> None:
    assert header_size(head) == 0


@given(tags=st.lists(st.builds(id3, st.integers(0, 400), flags=st.sampled_from((0, 0x10, 0x80)))))
def test_any_number_of_tags_come_before_the_sound(tags: list[bytes]) -> None:
    assert header_size(b"".join(tags) + mp3(3)) == sum(map(len, tags))


@given(blocks=st.lists(st.tuples(st.integers(1, 126), st.binary(max_size=300)), min_size=1))
def test_all_flac_blocks_come_before_the_sound(blocks: list[tuple[int, bytes]]) -> None:
    assert header_size(flac(*blocks) + FLAC_FRAME) == len(flac(*blocks))


@given(packets=st.lists(st.integers(1, 140_000) | st.sampled_from((255, PAGE_FULL)), min_size=2, max_size=2))
@example(packets=[PAGE_FULL, PAGE_FULL])
def test_ogg_header_packets_of_any_length_come_before_the_sound(packets: list[int]) -> None:
    lead_in = ogg(VORBIS, *map(bytes, packets))

    assert header_size(lead_in + ogg_sound()) == len(lead_in)


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda clip, cut, noise, more: clip[0][:cut] + noise + clip[0][cut + len(noise) :][:2000] + clip[1][:more],
        st.sampled_from(list(CLIPS.values())),
        st.integers(0, 400),
        st.binary(max_size=30),
        st.integers(0, 500),
    )
)
def test_no_bytes_are_too_strange_to_look_at(head: bytes) -> None:
    assert 0 <= header_size(head) <= LONGEST


@pytest.mark.parametrize(
    "head",
    [
        id3(0) * (HEAD // 10),
        b"fLaC" + bytes(HEAD),
        b"RIFF\x00\x00\x00\x00WAVE" + bytes(HEAD),
        b"FORM\x00\x00\x00\x00AIFF" + bytes(HEAD),
        FTYP + box(b"free") * (HEAD // 8),
        b"".join(ogg_page(OPUS, kind=2, serial=serial) for serial in range(HEAD // 47)),
        ogg_page(VORBIS, kind=2) + ogg_page(b"\0" * 254, granule=-1)[:27].replace(b"\x01", b"\0") * (HEAD // 27),
        EBML + SEGMENT + b"\xec\x80" * (HEAD // 2),
        bytes(HEAD),
    ],
    ids=["ID3", "FLAC", "RIFF", "AIFF", "MP4", "Ogg streams", "Ogg pages", "WebM", "zeros"],
)
def test_a_head_made_to_be_slow_is_looked_at_in_time_that_grows_with_its_length(head: bytes) -> None:
    begun = process_time()
    header_size(head)

    assert process_time() - begun < 5  # seconds; it takes less than one, and minutes where each step costs a copy


CLIP = AudioLocation("library:clip")


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (mp3(), 0),
        (with_id3(mp3(), size=3_000_000), 3_000_010),
        (wav(), 44),
        (opus(3), len(opus(3)) - 3 * len(ogg_page(bytes(1000)))),
        (m4a(9, sound=2_000_000, index_first=True), len(m4a(9, sound=0, index_first=True))),
        (with_id3(mp3(3), size=2_000_000)[:5000], 5000),  # a tag that says it is longer than the clip
        (with_id3(mp3(3), size=4_000_000)[: 2 * HEAD], 2 * HEAD),
    ],
)
async def test_a_probe_tells_how_many_bytes_of_a_clip_come_before_its_sound(content: bytes, size: int) -> None:
    facts = await TagProbe(MemoryAudio({CLIP: content})).facts(CLIP)

    assert facts.header_size == size


async def test_a_source_that_does_not_tell_its_size_tells_its_header_all_the_same() -> None:
    async with upstream(chunked(with_id3(mp3(), size=3_000_000))) as server, remote_audio() as source:
        facts = await TagProbe(source).facts(server.url())

    assert (facts.size, facts.header_size) == (None, 3_000_010)
