"""Browse: look through the clips, page by page or one at a time."""

from collections.abc import Sequence
from datetime import UTC

from attrs import evolve, frozen

from domain.browsing import ClipFilter, ClipQuery, Facet, Page, Sort
from domain.clip import Clip, ClipId
from domain.ports import Catalogue, Clock


@frozen
class Browse:
    """What a listener or an app may ask of the catalogue without changing it."""

    catalogue: Catalogue
    clock: Clock

    async def page(self, query: ClipQuery) -> Page:
        """One page; what is trending is told as of now, and on later pages as of the day of the first."""
        if query.sort is not Sort.TRENDING:
            return await self.catalogue.page(query)
        began = self.clock().astimezone(UTC).date() if query.after is None else query.after.as_of
        return await self.catalogue.page(evolve(query, as_of=began))

    async def genres(self, among: ClipFilter) -> Sequence[Facet]:
        """The genres of the clips that are meant."""
        return await self.catalogue.genres(among)

    async def tags(self, among: ClipFilter) -> Sequence[Facet]:
        """Their tags."""
        return await self.catalogue.tags(among)

    async def clip(self, clip: ClipId) -> Clip:
        """One clip. Raises ClipNotFound."""
        return await self.catalogue.find(clip)
