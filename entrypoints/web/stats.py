"""The endpoints that tell what was counted, and why."""

from collections.abc import Mapping
from functools import partial

from attrs import field, frozen
from starlette.requests import Request
from starlette.responses import Response

from application.report_counts import CatalogueReport, ReportCounts
from domain.statistics import CountedClip, Period
from entrypoints.web.counts_query import PERIOD, Reader, asked, asks_for_series, at_most
from entrypoints.web.counts_wire import (
    catalogue_report_json,
    counted_clip_json,
    explained_json,
    period_json,
    series_csv,
    series_json,
)
from entrypoints.web.query_string import clip_id
from entrypoints.web.stream_address import AddressFor
from entrypoints.web.wire import WrittenResponse, json_response
from entrypoints.web.written_once import WrittenOnce

ABOUT_COUNTING = "/about/counting"
CATALOGUE: Mapping[str, Reader] = {**PERIOD, "limit": at_most(10)}
EXPLANATION: Mapping[str, Reader] = {"limit": at_most(50)}


FRESH = {"cache-control": "no-cache"}  # numbers of this moment


@frozen
class StatsEndpoints:
    """Every request for counters, one method each; with stream addresses for who asks."""

    report: ReportCounts
    address_of: AddressFor
    _counted: WrittenOnce[CountedClip] = field(
        factory=partial(WrittenOnce, counted_clip_json), init=False, eq=False, repr=False
    )

    async def clip(self, request: Request) -> Response:
        clip = clip_id(request)
        if not asks_for_series(request):
            report = await self.report.of_clip(clip)
            body = self._counted.body(report.counted, await self.address_of())
            return WrittenResponse(body, headers=FRESH)
        period = self._period(request)
        report = await self.report.of_clip(clip, period)
        told = counted_clip_json(report.counted, await self.address_of())
        return json_response(told | period_json(period) | series_json(report.series), headers=FRESH)

    async def clip_as_csv(self, request: Request) -> Response:
        clip, period = clip_id(request), self._period(request)
        report = await self.report.of_clip(clip, period)
        return series_csv(report.series, f"clip-{clip}-by-{period.interval}.csv")

    async def catalogue(self, request: Request) -> Response:
        period = self._period(request, CATALOGUE)
        report = await self._catalogue(request, period)
        told = catalogue_report_json(report, await self.address_of())
        return json_response(period_json(period) | told, headers=FRESH)

    async def catalogue_as_csv(self, request: Request) -> Response:
        period = self._period(request, CATALOGUE)
        report = await self._catalogue(request, period)
        return series_csv(report.series, f"all-clips-by-{period.interval}.csv")

    async def explained(self, request: Request) -> Response:
        clip = clip_id(request)
        requests = await self.report.explained(clip, asked(request, EXPLANATION)["limit"])
        told = {"clip": clip, "counting": ABOUT_COUNTING, "requests": [explained_json(each) for each in requests]}
        return json_response(told, headers={"cache-control": "no-store"})

    async def _catalogue(self, request: Request, period: Period) -> CatalogueReport:
        return await self.report.of_catalogue(period, asked(request, CATALOGUE)["limit"])

    def _period(self, request: Request, readers: Mapping[str, Reader] = PERIOD) -> Period:
        """Raises InvalidFields, PeriodRefused."""
        found = asked(request, readers)
        return self.report.period(found["interval"], found["from"], found["to"])
