"""The counters as clients read them, in JSON and in CSV, and each request with why it was counted."""

import csv
from datetime import datetime
from io import StringIO
from typing import Any

from starlette.responses import Response

from application.report_counts import CatalogueReport, Series
from domain.decision import Reason
from domain.delivery import total
from domain.statistics import COUNTERS, CountedClip, Counts, Explained, Period
from entrypoints.web.reasons import BECAUSE
from entrypoints.web.stream_address import AddressOf
from entrypoints.web.wire import clip_json

CSV = "text/csv"
SHOWN_OF_A_LISTENER = 6  # bytes of its key: enough to tell the listeners of a page apart


def counts_json(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in COUNTERS}


def counted_clip_json(counted: CountedClip, address_of: AddressOf) -> dict[str, Any]:
    """The clip with all that was ever counted of it."""
    return (
        clip_json(counted.clip, address_of) | {"last_played_at": counted.last_played_at} | counts_json(counted.counts)
    )


def catalogue_report_json(report: CatalogueReport, address_of: AddressOf) -> dict[str, Any]:
    """What was counted of all clips in a period."""
    top = [clip_json(each.clip, address_of) | {"plays": each.play_count} for each in report.top]
    return counts_json(report.counts) | series_json(report.series) | {"top": top}


def period_json(period: Period) -> dict[str, Any]:
    return {"interval": period.interval, "from": period.start, "to": period.end}


def series_json(series: Series) -> dict[str, Any]:
    return {"series": [{"since": since} | counts_json(counts) for since, counts in series]}


def series_csv(series: Series, name: str) -> Response:
    """A series as RFC 4180 has it, to be saved as ``name``, which is plain ASCII."""
    text = StringIO(newline="")
    rows = csv.writer(text)  # with CRLF
    rows.writerow(("since", *COUNTERS))
    rows.writerows((moment_text(since), *counts_json(counts).values()) for since, counts in series)
    return Response(
        text.getvalue(),
        headers={"cache-control": "no-cache", "content-disposition": f'attachment; filename="{name}"'},
        media_type=CSV,
    )


def moment_text(moment: datetime) -> str:
    """A moment, which is in UTC, as JSON has it too."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def explained_json(request: Explained) -> dict[str, Any]:
    return {
        "id": request.id,
        "ended_at": request.ended_at,
        "listener": request.listener[:SHOWN_OF_A_LISTENER].hex(),
        "playback": request.playback,
        "ending": request.ending,
        "bytes_sent": total(request.sent),
        "ranges": [[part.first, part.last] for part in request.sent],
        "play": verdict_json(request.play),
        "download": verdict_json(request.download),
        "completed_play": request.completes,
    }


def verdict_json(reason: Reason) -> dict[str, Any]:
    return {"counted": reason is Reason.COUNTED, "reason": reason, "because": BECAUSE[reason]}
