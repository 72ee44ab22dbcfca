"""Puts the sample clips into a service elsewhere, over its API: what `soundverse-play seed --url` does."""

import re
from collections.abc import Iterable, Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import orjson
from attrs import Factory, evolve, field, frozen

from domain.clip import ClipDetails
from domain.location import AudioLocation, audio_location
from entrypoints.samples import SAMPLES

PATIENCE = 30.0  # seconds for an answer: the service opens the audio before it keeps a clip
LARGEST_ANSWER = 8 * 1024 * 1024  # bytes; a page of 100 clips is a tenth of it at most
NEXT_PAGE = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')


class RemoteSeedError(Exception):
    """The service elsewhere could not be seeded; the text says why, in a sentence."""


class NoRedirects(HTTPRedirectHandler):
    """Leaves a redirect as it is: the key is for the address that was given, and for no other."""

    def redirect_request(self, *_said: Any, **_named: Any) -> None:
        return None


def service_address(_instance: object, _field: object, value: str) -> None:
    """An attrs validator: http(s), with a host and nothing behind the path. Raises RemoteSeedError."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
        is_bare = not (parts.query or parts.fragment) and value.isascii() and value.isprintable() and " " not in value
    except ValueError:
        is_address = is_bare = False
    if not (is_address and is_bare):
        raise RemoteSeedError(f"{value} is not the address of a service: http(s)://HOST is wanted.")


def header_value(_instance: object, _field: object, value: str) -> None:
    """An attrs validator: what a header can carry. Raises RemoteSeedError, which does not tell the key."""
    if not (value and value.isascii() and value.isprintable()):
        raise RemoteSeedError("The key is none: it must be printable ASCII.")


def without_slash(url: str) -> str:
    return url.rstrip("/")


@frozen
class RemoteCatalogue:
    """The catalogue of the service at ``url``, asked with one of its write keys. All raise RemoteSeedError."""

    url: str = field(converter=without_slash, validator=service_address)
    key: str = field(validator=header_value, repr=False)
    opener: OpenerDirector = Factory(lambda: build_opener(NoRedirects))

    def has(self, wanted: ClipDetails) -> bool:
        """Whether a clip of this title with this audio is there."""
        said = (wanted.title, wanted.audio_url)
        return any((clip.get("title"), clip.get("audio_url")) == said for clip in self.clips(wanted.title))

    def add(self, clip: ClipDetails) -> None:
        """Add a clip, whose duration its audio tells."""
        said = {
            "title": clip.title,
            "genre": clip.genre,
            "description": clip.description,
            "audio_url": clip.audio_url,
            "tags": clip.tags,
        }
        try:
            self._answer("/play", orjson.dumps(said))
        except RemoteSeedError as error:
            raise RemoteSeedError(f"{clip.audio_url}: {error}") from error

    def clips(self, words: str = "") -> Iterator[dict[str, Any]]:
        """The clips in which these words occur, page by page; without any, all clips, the newest first."""
        query = {"q": words, "limit": "100"} if words else {"limit": "100"}
        while True:
            clips, links = self._answer(f"/play?{urlencode(query)}")
            if not (isinstance(clips, list) and all(isinstance(clip, dict) for clip in clips)):
                raise RemoteSeedError(f"{self.url} answers with something else than clips.")
            yield from clips
            # Only the cursor is taken from the link: where to ask, and with what key, is decided here.
            link = NEXT_PAGE.search(links)
            after = parse_qs(urlsplit(link[1]).query).get("after", [""])[0] if link else ""
            if after in ("", query.get("after")):
                return
            query["after"] = after

    def _answer(self, path: str, body: bytes | None = None) -> tuple[Any, str]:
        """The answer to a GET, or to a POST of ``body``, and its Link header."""
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        request = Request(self.url + path, body, headers)  # noqa: S310  # http or https: `service_address`
        try:
            with self.opener.open(request, timeout=PATIENCE) as answer:
                return orjson.loads(answer.read(LARGEST_ANSWER)), answer.headers.get("link", "")
        except HTTPError as error:
            with error:
                raise RemoteSeedError(f"{self.url} answers {error.code}: {reason_of(error)}") from error
        except orjson.JSONDecodeError as error:
            raise RemoteSeedError(f"{self.url} answers with something else than JSON.") from error
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise RemoteSeedError(f"{self.url} cannot be asked: {reason}.") from error


def reason_of(refusal: HTTPError) -> str:
    """Why the service refused, in its own words if it has any."""
    try:
        problem = orjson.loads(refusal.read(LARGEST_ANSWER))
        return str(problem["detail"])
    except (orjson.JSONDecodeError, HTTPException, OSError, KeyError, TypeError):
        return f"{refusal.reason}."


def samples_at(audio_base: str | None) -> list[ClipDetails]:
    """The samples as they are offered: below ``audio_base``, else by the names they have in the media folder.

    Raises RemoteSeedError: that cannot be where audio lies."""
    offered = []
    for sample in SAMPLES:
        named = sample.details()
        location = named.audio_url if audio_base is None else f"{audio_base.rstrip('/')}/{sample.file_name}"
        try:
            audio_location(None, None, AudioLocation(location))
        except ValueError as error:
            raise RemoteSeedError(f"{location} {error}.") from error
        offered.append(evolve(named, audio_url=AudioLocation(location)))
    return offered


def seed_remotely(remote: RemoteCatalogue, clips: Iterable[ClipDetails]) -> int:
    """Add those of ``clips`` that are not there, and say how many; one that was removed comes back.

    The service's files must be in place. Safe to repeat, one at a time. Raises RemoteSeedError: that clip may not have
    been added, those before it were."""
    added = 0
    for clip in clips:
        if not remote.has(clip):
            remote.add(clip)
            added += 1
    return added
