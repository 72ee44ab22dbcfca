"""Handing a library file to the nginx in front: it sends the bytes, and the play is counted here (docs/nginx.md)."""

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from application.stream_clip import Stream
from domain.delivery import Ending
from domain.location import LIBRARY
from domain.play import Listening
from domain.preconditions import NONE
from entrypoints.web.audio_headers import audio_headers
from entrypoints.web.audio_response import Over

BY_NGINX = ("accept-ranges", "content-length")  # told by whoever sends the bytes
# nginx answers 416 to a list with an empty member and to a number above 2**63, where RFC 9110 lets us answer 206.
PLAIN_RANGE = re.compile(r"bytes=([0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")


def can_be_handed_off(request: Request, listening: Listening, stream: Stream) -> bool:
    """Whether nginx will answer just as we would, so that what was counted is what is sent.

    It knows neither our entity tags, nor which ranges we join, ignore or refuse."""
    asked = request.headers.getlist("range")
    is_plain = not asked or (len(asked) == 1 and PLAIN_RANGE.fullmatch(asked[0]) and listening.requested is not None)
    return stream.clip.audio_url.startswith(LIBRARY) and listening.preconditions is NONE and bool(is_plain)


def handed_off(stream: Stream, prefix: str, over: Over) -> Response:
    """The order to send the file below nginx's internal location ``prefix``. Closes the audio.

    nginx does not say what it sent: all of it is taken for delivered."""
    stream.audio.close()
    over(sum(map(len, stream.parts)) if stream.parts else stream.audio.size or 0, Ending.HANDED_OFF)
    headers = audio_headers(stream, stream.audio.media_type or stream.clip.media_type)
    for name in BY_NGINX:
        headers.pop(name, None)
    name = stream.clip.audio_url.removeprefix(LIBRARY)
    return Response(headers={**headers, "x-accel-redirect": prefix + quote(name)})
