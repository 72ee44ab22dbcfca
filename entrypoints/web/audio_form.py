"""A clip as a form: what is said of it, and its audio, in one body of multipart/form-data (RFC 7578)."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from attrs import define, evolve, field
from multipart import (  # type: ignore[import-untyped]  # it has types, and does not say so
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)
from starlette.requests import Request

from domain.clip import ClipOffer
from entrypoints.web.refusals import LONGEST_NAME_SHOWN, BodyTooLarge, FieldError, InvalidFields, MalformedBody
from entrypoints.web.sent_body import pieces, refuse_too_long
from entrypoints.web.wire import structured

FORM = "multipart/form-data"
AUDIO = "audio"
ONCE = ("title", "genre", "description", "duration")
OFTEN = "tags"
LARGEST_LINE = 4_096  # bytes of a line in a part's head
MOST_PARTS = 100
REPEATED, UNKNOWN = "must be sent once", "is not a known field"


@define(eq=False)
class AudioForm:
    """A form while it comes. `audio` reads it to its end; then `offer` is what its fields say.

    At most ``audio_limit`` bytes are audio, and ``field_limit`` all else. A field that is empty is not given, as
    browsers send it that nobody filled in."""

    request: Request
    audio_limit: int
    field_limit: int
    _texts: dict[str, list[bytes]] = field(factory=dict, init=False)
    _part: str = field(default="", init=False)
    _file_name: str = field(default="", init=False)
    _has_audio: bool = field(default=False, init=False)
    _audio_bytes: int = field(default=0, init=False)
    _other_bytes: int = field(default=0, init=False)
    _errors: list[FieldError] = field(factory=list, init=False)

    async def audio(self) -> AsyncIterator[bytes]:
        """The bytes of the audio. Fields are judged when it begins, and those behind it at the end.

        Raises InvalidFields, BodyTooLarge, MalformedBody."""
        refuse_too_long(self.request, self.audio_limit + self.field_limit, "The body")
        parser = self._parser()
        try:
            async for piece in pieces(self.request):
                for chunk in self._taken(parser, piece):
                    yield chunk
            parser.close()
        except MultipartError as error:
            raise MalformedBody(reason(error), FORM) from error
        self._judge()

    def offer(self) -> ClipOffer:
        """What the fields say by now. Raises InvalidFields: all that is wrong with them."""
        said: dict[str, Any] = {}
        errors = list(self._errors)
        for name, values in self._texts.items():
            try:
                texts = [value.decode() for value in values if value]
            except UnicodeDecodeError:
                errors.append(FieldError(name, "must be text in UTF-8"))
                continue
            if texts:
                said[name] = texts if name == OFTEN else texts[0]
        try:
            offer = structured(said, ClipOffer)
        except InvalidFields as refused:
            raise InvalidFields([*refused.errors, *errors]) from refused
        if errors:
            raise InvalidFields(errors)
        return evolve(offer, file_name=self._file_name)

    def _parser(self) -> PushMultipartParser:
        _, options = parse_options_header(self.request.headers.get("content-type", ""))
        try:
            return PushMultipartParser(
                options.get("boundary", ""), max_header_size=LARGEST_LINE, max_segment_count=MOST_PARTS
            )
        except MultipartError as error:
            raise MalformedBody("its Content-Type names no boundary", FORM) from error

    def _taken(self, parser: PushMultipartParser, piece: bytes) -> Iterator[bytes]:
        """The audio in a piece of the body; what else is in it is noted."""
        self._other_bytes += len(piece)
        for event in parser.parse(piece):
            if isinstance(event, MultipartSegment):
                self._begin(event)
            elif event and self._part == AUDIO:
                self._count_audio(len(event))
                yield bytes(event)
            elif event and self._part in self._texts:
                self._texts[self._part][-1] += event
        if self._other_bytes > self.field_limit:
            raise BodyTooLarge(self.field_limit, "What is sent beside the audio")

    def _begin(self, part: MultipartSegment) -> None:
        name = self._part = part.name or ""
        if name == AUDIO:
            if self._has_audio:
                raise InvalidFields([FieldError(AUDIO, REPEATED)])
            self._has_audio, self._file_name = True, part.filename or ""
            self.offer()
        elif name == OFTEN or (name in ONCE and name not in self._texts):
            self._texts.setdefault(name, []).append(b"")
        else:
            self._part = ""
            self._errors.append(FieldError(name[:LONGEST_NAME_SHOWN], REPEATED if name in ONCE else UNKNOWN))

    def _count_audio(self, count: int) -> None:
        self._audio_bytes += count
        self._other_bytes -= count
        if self._audio_bytes > self.audio_limit:
            raise BodyTooLarge(self.audio_limit, "The audio")

    def _judge(self) -> None:
        """Raise InvalidFields if something is wrong with the form, now that it has come."""
        if not self._audio_bytes:
            self._errors.append(FieldError(AUDIO, "is empty" if self._has_audio else "is required"))
        self.offer()


def reason(error: MultipartError) -> str:
    """What the parser says; what it may carry besides is an error of Python's, and nobody's business."""
    said = str(error.args[0])
    return said[:1].lower() + said[1:]
