"""The endpoints that tell by what clips can be told apart: their genres and their tags."""

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from application.browse import Browse
from entrypoints.web.query_string import clip_filter
from entrypoints.web.wire import json_response


@frozen
class FacetEndpoints:
    """The clips are those that the same parameters of ``/play`` list."""

    browse: Browse

    async def genres(self, request: Request) -> Response:
        facets = await self.browse.genres(clip_filter(request))
        return json_response([{"genre": facet.name, "clips": facet.clips} for facet in facets])

    async def tags(self, request: Request) -> Response:
        facets = await self.browse.tags(clip_filter(request))
        return json_response([{"tag": facet.name, "clips": facet.clips} for facet in facets])
