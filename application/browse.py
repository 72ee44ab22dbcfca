"""Browse: look through the clips, page by page or one at a time."""

from attrs import evolve, frozen

from domain.browsing import ClipQuery, Page, cursor_after
from domain.clip import Clip, ClipId
from domain.ports import Catalogue


@frozen
class Browse:
    """What a listener or an app may ask of the catalogue without changing it."""

    catalogue: Catalogue

    async def page(self, query: ClipQuery) -> Page:
        """One page; a clip more than fits is asked for, to know whether another page follows."""
        clips = await self.catalogue.page(evolve(query, limit=query.limit + 1))
        shown = tuple(clips[: query.limit])
        return Page(shown, cursor_after(shown[-1], query.sort) if len(clips) > query.limit else None)

    async def clip(self, clip: ClipId) -> Clip:
        """One clip. Raises ClipNotFound."""
        return await self.catalogue.find(clip)
