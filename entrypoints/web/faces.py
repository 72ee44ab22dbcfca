"""One face for each way the core or the edge says no: its status, and a sentence for the human who reads it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from attrs import evolve
from starlette.exceptions import HTTPException
from starlette.responses import Response

from domain.errors import (
    AudioRefused,
    AudioUnavailable,
    ClipNotFound,
    DecoderUnavailable,
    DetailsUnknown,
    DurationUnknown,
    NotModified,
    PeaksFault,
    PeaksUnavailable,
    PeriodFault,
    PeriodRefused,
    PlayNotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    SourceFailure,
    StorageFull,
    StoreUnavailable,
    UploadRefused,
)
from domain.statistics import MOST_BUCKETS
from entrypoints.web.audio_headers import not_modified_headers
from entrypoints.web.problems import Problem, of_framework
from entrypoints.web.refusals import (
    AddressExpired,
    AddressForged,
    BodyTooLarge,
    Draining,
    FieldError,
    InvalidFields,
    KeyMissing,
    KeyUnknown,
    MalformedBody,
    NotAcceptable,
    RateExceeded,
    TooManyFollowers,
    TooManyStreams,
    UnsupportedMediaType,
    WritingClosed,
)

SECONDS_TO_RETRY = 2
SECONDS_TO_DRAW = 5

WHY = {
    SourceFailure.ABSENT: "there is nothing there",
    SourceFailure.REFUSED: "its source answered with an error",
    SourceFailure.UNREACHABLE: "its source cannot be reached",
    SourceFailure.FORBIDDEN: "it lies where this service does not go: only public addresses, and files of the library",
    SourceFailure.NOT_AUDIO: "what is there is not audio",
    SourceFailure.INCONSISTENT: "its source contradicts itself",
    SourceFailure.TOO_SLOW: "its source took too long to answer",
    SourceFailure.INTERRUPTED: "its source broke off",
    SourceFailure.STALLED: "its source fell silent",
    SourceFailure.CHANGED: "its source is another version than a moment ago",
}

NO_PEAKS = {
    PeaksFault.FORMAT: "its format can be played, but is not one that is decoded here",
    PeaksFault.UNDECODABLE: "it cannot be decoded; it may be damaged, or hold no sound",
    PeaksFault.TOO_LONG: "it has more bytes or hours than are decoded here",
    PeaksFault.DECODER_BROKE: "the decoder broke on it",
}

LEFT_UNREAD = {"connection": "close"}  # the rest of the body, which may be long: no other request comes behind it

WHILES = {1.0: "second", 60.0: "minute", 3_600.0: "hour", 86_400.0: "day"}

NO_SERIES = {
    PeriodFault.EMPTY: "must be before to, which is now where it is not given",
    PeriodFault.TOO_LONG: f"is too long before to: a series has at most {MOST_BUCKETS} hours or days",
    PeriodFault.FORGOTTEN: "must be within the last {days} days if interval is hour: no hours of before are kept",
}


def clip_not_found(_error: ClipNotFound) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "There is no such clip.")


def play_not_found(_error: PlayNotFound) -> Problem:
    detail = "There is no such play: it was not counted for this clip under this name, or it began too long ago."
    return Problem(HTTPStatus.NOT_FOUND, detail)


def range_not_satisfiable(error: RangeNotSatisfiable) -> Problem:
    headers = {"content-range": f"bytes */{error.size}"}
    detail = f"The clip has {error.size} bytes, and none of those asked for."
    return Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, detail, headers=headers)


def precondition_failed(_error: PreconditionFailed) -> Problem:
    return Problem(HTTPStatus.PRECONDITION_FAILED, "The clip's audio is another version than the one asked for.")


def audio_unavailable(error: AudioUnavailable) -> Problem:
    too_slow = error.failure is SourceFailure.TOO_SLOW
    status = HTTPStatus.GATEWAY_TIMEOUT if too_slow else HTTPStatus.BAD_GATEWAY
    return Problem(status, f"The clip's audio cannot be had: {WHY[error.failure]}.")


def audio_refused(error: AudioRefused) -> Problem:
    return invalid_fields(InvalidFields([FieldError("audio_url", f"cannot be opened: {WHY[error.failure]}")]))


def duration_unknown(_error: DurationUnknown) -> Problem:
    return invalid_fields(InvalidFields([FieldError("duration", "is required: this audio does not tell its duration")]))


def details_unknown(error: DetailsUnknown) -> Problem:
    faults = [FieldError(name, "is required: the audio's tags tell none") for name in error.fields]
    return invalid_fields(InvalidFields(faults))


def upload_refused(error: UploadRefused) -> Problem:
    what = "is not audio, as its first bytes tell" if error.media_type is None else f"is {error.media_type}"
    refused = InvalidFields([FieldError("audio", f"{what}: it must be MP3, Ogg, FLAC, WAVE or MP4 (M4A)")])
    return evolve(invalid_fields(refused), headers=LEFT_UNREAD)


def storage_full(_error: StorageFull) -> Problem:
    detail = "There is no room left for this audio; nothing of it was kept."
    return Problem(HTTPStatus.INSUFFICIENT_STORAGE, detail, headers=LEFT_UNREAD)


def peaks_unavailable(error: PeaksUnavailable) -> Problem:
    detail = f"No waveform can be drawn of this clip: {NO_PEAKS[error.why]}."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def decoder_unavailable(_error: DecoderUnavailable) -> Problem:
    headers = {"retry-after": str(SECONDS_TO_DRAW)}
    detail = "The waveform has not been drawn yet: please ask again in a moment."
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)


def period_refused(error: PeriodRefused) -> Problem:
    return invalid_fields(InvalidFields([FieldError("from", NO_SERIES[error.fault].format(days=error.keep.days))]))


def store_unavailable(error: StoreUnavailable) -> Problem:
    headers = {"retry-after": str(SECONDS_TO_RETRY)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"Please try again: {error.reason}.", headers=headers)


def invalid_fields(error: InvalidFields) -> Problem:
    said = "; ".join(f"{fault.path or 'the body'} {fault.message}" for fault in error.errors)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{said[:1].upper()}{said[1:]}.", error.errors)


def malformed_body(error: MalformedBody) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, f"The body is not {error.kind}: {error.reason}.")


def body_too_large(error: BodyTooLarge) -> Problem:
    detail = f"{error.what} has more than {error.limit} bytes."
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, headers=LEFT_UNREAD)


def unsupported_media_type(error: UnsupportedMediaType) -> Problem:
    sent = error.media_type or "none"
    headers = {"accept": error.expected.replace(" or ", ", ")}
    detail = f"The body must be sent with Content-Type: {error.expected}; it was {sent[:100]}."
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, headers=headers)


def not_acceptable(error: NotAcceptable) -> Problem:
    detail = f"This is answered as {error.media_type}, which Accept leaves out."
    return Problem(HTTPStatus.NOT_ACCEPTABLE, detail, headers={"vary": "Accept"})


def key_missing(_error: KeyMissing) -> Problem:
    detail = "This needs a key: send it as Authorization: Bearer KEY or as X-API-Key: KEY."
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers={"www-authenticate": "Bearer"})


def key_unknown(_error: KeyUnknown) -> Problem:
    headers = {"www-authenticate": 'Bearer error="invalid_token"'}  # RFC 6750 §3.1
    return Problem(HTTPStatus.UNAUTHORIZED, "This is not a key that may do this.", headers=headers)


def address_forged(_error: AddressForged) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "This address was not signed here, or not for this clip and playback.")


def address_expired(_error: AddressExpired) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "This address has expired: ask for the clip again, and use its stream_url.")


def writing_closed(_error: WritingClosed) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "Nobody may do this here: the operator allows it by setting PLAY_WRITE_KEYS.")


def too_many_streams(_error: TooManyStreams) -> Problem:
    headers = {"retry-after": str(SECONDS_TO_RETRY)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "As many listen as can at once; please try again.", headers=headers)


def too_many_followers(_error: TooManyFollowers) -> Problem:
    headers = {"retry-after": str(SECONDS_TO_RETRY)}
    detail = "As many follow the play counts as can at once; please try again."
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)


def rate_exceeded(error: RateExceeded) -> Problem:
    headers = {"retry-after": str(ceil(error.wait))}
    per = WHILES.get(error.seconds, f"{error.seconds:g} seconds")
    detail = f"This client has sent too many such requests: {error.count} per {per} are allowed."
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=headers)


def draining(_error: Draining) -> Problem:
    headers = {"retry-after": str(SECONDS_TO_RETRY)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "This process is ending; another one will answer.", headers=headers)


FACES: Mapping[type[Exception], Callable[[Any], Problem]] = {
    ClipNotFound: clip_not_found,
    PlayNotFound: play_not_found,
    RangeNotSatisfiable: range_not_satisfiable,
    PreconditionFailed: precondition_failed,
    AudioUnavailable: audio_unavailable,
    AudioRefused: audio_refused,
    DurationUnknown: duration_unknown,
    DetailsUnknown: details_unknown,
    UploadRefused: upload_refused,
    StorageFull: storage_full,
    PeaksUnavailable: peaks_unavailable,
    DecoderUnavailable: decoder_unavailable,
    PeriodRefused: period_refused,
    StoreUnavailable: store_unavailable,
    InvalidFields: invalid_fields,
    MalformedBody: malformed_body,
    BodyTooLarge: body_too_large,
    UnsupportedMediaType: unsupported_media_type,
    NotAcceptable: not_acceptable,
    KeyMissing: key_missing,
    KeyUnknown: key_unknown,
    AddressForged: address_forged,
    AddressExpired: address_expired,
    WritingClosed: writing_closed,
    TooManyStreams: too_many_streams,
    TooManyFollowers: too_many_followers,
    Draining: draining,
    RateExceeded: rate_exceeded,
}


def answer_to(error: Exception, method: str) -> Response | None:
    """What a client is told whose request of this ``method`` raised ``error``; None if that is a defect of ours."""
    if type(error) in FACES:
        return FACES[type(error)](error).response()
    match error:
        case NotModified():
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=not_modified_headers(error.current))
        case HTTPException():
            return of_framework(error, method).response()
    return None
