"""The header fields that a clip's audio is sent with."""

from collections.abc import Mapping

from application.stream_clip import Stream
from domain.byte_range import ByteRange
from domain.http_date import http_date
from domain.validators import Validators
from entrypoints.web.content_disposition import content_disposition

Headers = Mapping[str, str]

NOT_STORED = "no-store"  # so that a replay is asked for again, and is a play (ADR 1)


def audio_headers(stream: Stream, media_type: str) -> dict[str, str]:
    """What HEAD and GET say of the whole clip. Its length is told where it is known, and only then can it be cut."""
    headers = {
        "content-type": media_type,
        "content-disposition": content_disposition(stream.clip.title, media_type),
        "cache-control": NOT_STORED,
        "cross-origin-resource-policy": "cross-origin",  # any page's player may load it, also from an isolated page
        **validator_headers(stream.audio.validators),
    }
    if stream.audio.size is not None:
        headers["accept-ranges"] = "bytes"
        headers["content-length"] = str(stream.audio.size)
    return headers


def validator_headers(validators: Validators) -> dict[str, str]:
    headers = {}
    if validators.entity_tag is not None:
        headers["etag"] = str(validators.entity_tag)
    if validators.last_modified is not None:
        headers["last-modified"] = http_date(validators.last_modified)
    return headers


def not_modified_headers(current: Validators) -> dict[str, str]:
    """What an answer 304 says: what a cache needs, and no more (RFC 9110 §15.4.5)."""
    known = validator_headers(current)
    if "etag" in known:
        known.pop("last-modified", None)
    return {"cache-control": NOT_STORED, **known}


def content_range(part: ByteRange, size: int | None) -> str:
    """The place of a part in the whole (RFC 9110 §14.4)."""
    return f"bytes {part.first}-{part.last}/{'*' if size is None else size}"
