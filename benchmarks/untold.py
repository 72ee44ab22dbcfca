"""The service without telemetry: ``python -m benchmarks.untold [what soundverse-play takes]``.

No request is timed, named or logged, and nothing that happens is counted. It is our own code otherwise, and it knows
nothing of this: what telemetry costs can be measured by nothing else."""

from typing import Any

import observability.requests
from domain.ports import Telemetry
from observability.metrics import Metrics
from soundverse_play import main

TOLD = [name for name in vars(Telemetry) if not name.startswith("_")]


def tell_nothing() -> None:
    """From now on nobody in this process tells anything."""
    metrics: Any = Metrics
    for name in (*TOLD, "plays_flushed", "store_failed"):
        setattr(metrics, name, nothing)
    silent: Any = lambda app, *_others: app  # noqa: E731  # it stands where a class does
    observability.requests.RequestTelemetry = silent  # type: ignore[misc]  # just that is meant


def nothing(*_told: object) -> None: ...


if __name__ == "__main__":
    tell_nothing()
    main()
