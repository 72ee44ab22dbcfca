"""The endpoint where players say how much of a play was heard."""

from typing import Any
from uuid import UUID

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from application.confirm_listen import ConfirmListen
from domain.errors import PlayNotFound
from domain.listen import Listen, ListenReport
from domain.play import PlayId
from entrypoints.web.headers import UUID_TEXT
from entrypoints.web.query_string import clip_id
from entrypoints.web.wire import json_object, json_response, structured


@frozen
class ListenEndpoints:
    """``/play/{id}/listens/{uuid}``. ``body_limit`` is in bytes."""

    confirm_listen: ConfirmListen
    body_limit: int

    async def confirm(self, request: Request) -> Response:
        """201 where the first report made the listen, 200 where a later one changed it (RFC 9110 §9.3.4)."""
        clip, play = clip_id(request), play_id(request)
        report = structured(await json_object(request, self.body_limit), ListenReport)
        confirmation = await self.confirm_listen.confirm(clip, play, report)
        return json_response(listen_json(confirmation.listen), 201 if confirmation.is_first else 200)


def play_id(request: Request) -> PlayId:
    """The play that the path names. Raises PlayNotFound: it names none that there can be."""
    text = request.path_params["uuid"]
    if not UUID_TEXT.fullmatch(text):
        raise PlayNotFound(text)
    return PlayId(UUID(text))


def listen_json(listen: Listen) -> dict[str, Any]:
    return {
        "clip_id": listen.clip,
        "id": listen.id,
        "played_seconds": listen.played_seconds,
        "finished": listen.is_finished,
        "began_at": listen.began_at,
        "is_listen": listen.is_listen,
        "is_skip": listen.is_skip,
    }
