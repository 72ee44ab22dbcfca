"""What is asked of an upstream, and whether an answer may be believed to be of that."""

from attrs import evolve, frozen

from adapters.audio.media_type import HEAD_BYTES
from adapters.audio.remote.http_answer import Fields, PromisedBody, promised_body
from adapters.audio.remote.relayed_audio import RelayedAudio
from adapters.audio.remote.upstream_version import UpstreamVersion
from domain.byte_range import ByteRange, FromTo, RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation


@frozen
class UpstreamRequest:
    """A clip or a part of it; of the version that ``begun`` was opened of, if that is not None."""

    location: AudioLocation
    requested: RequestedRange | None = None
    begun: RelayedAudio | None = None

    @property
    def range(self) -> RequestedRange | None:
        """The range that goes upstream: of the clip's beginning at least so much as its type is told by."""
        match self.requested:
            case FromTo(0, int(last)) if last < HEAD_BYTES - 1 and (self.begun is None or not self.begun.media_type):
                return FromTo(0, HEAD_BYTES - 1)
        return self.requested

    @property
    def headers(self) -> dict[str, str]:
        """The fields that go upstream, besides those of every request."""
        if self.range is None:
            return {}
        headers = {"Range": f"bytes={self.range}"}
        if self.begun is not None and self.begun.version.if_range is not None:
            headers["If-Range"] = self.begun.version.if_range
        return headers

    def promised_body(self, status: int, headers: Fields, version: UpstreamVersion) -> PromisedBody:
        """What the body is. Raises AudioUnavailable, RangeNotSatisfiable: not what was asked for."""
        if self.begun is None:
            return self._cut(promised_body(self.location, self.range, status, headers))
        is_vouched_for = status in (206, 416) and "If-Range" in self.headers
        may_be_it = self.begun.version.is_that_of(version, is_vouched_for=is_vouched_for)
        if status in (200, 206, 416) and not may_be_it:
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)
        promised = promised_body(self.location, self.range, status, headers, self.begun.size)
        if self.begun.size not in (None, promised.size):
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)
        return self._cut(promised)

    def _cut(self, promised: PromisedBody) -> PromisedBody:
        """The same body, of which no more is wanted than was requested."""
        match self.requested, promised.part:
            case FromTo(_, int(last)), ByteRange(first, given) if given > last:
                return evolve(promised, part=ByteRange(first, last))
        return promised
