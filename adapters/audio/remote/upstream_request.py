"""What is asked of an upstream, and whether an answer may be believed to be of that."""

from attrs import frozen

from adapters.audio.remote.http_answer import Fields, PromisedBody, promised_body
from adapters.audio.remote.relayed_audio import RelayedAudio
from adapters.audio.remote.upstream_version import UpstreamVersion
from domain.byte_range import RequestedRange
from domain.errors import AudioUnavailable, SourceFailure
from domain.location import AudioLocation


@frozen
class UpstreamRequest:
    """A clip or a part of it; of the version that ``begun`` was opened of, if that is not None."""

    location: AudioLocation
    requested: RequestedRange | None = None
    begun: RelayedAudio | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The fields that go upstream, besides those of every request."""
        if self.requested is None:
            return {}
        headers = {"Range": f"bytes={self.requested}"}
        if self.begun is not None and self.begun.version.if_range is not None:
            headers["If-Range"] = self.begun.version.if_range
        return headers

    def promised_body(self, status: int, headers: Fields, version: UpstreamVersion) -> PromisedBody:
        """What the body is. Raises AudioUnavailable, RangeNotSatisfiable: not what was asked for."""
        if self.begun is None:
            return promised_body(self.location, self.requested, status, headers)
        is_vouched_for = status in (206, 416) and "If-Range" in self.headers
        may_be_it = self.begun.version.is_that_of(version, is_vouched_for=is_vouched_for)
        if status in (200, 206, 416) and not may_be_it:
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)
        promised = promised_body(self.location, self.requested, status, headers, self.begun.size)
        if self.begun.size not in (None, promised.size):
            raise AudioUnavailable(self.location, SourceFailure.CHANGED)
        return promised
