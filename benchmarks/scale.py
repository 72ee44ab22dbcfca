"""Reckons from `benchmarks.replicas` what a million plays a minute need, and tells both for docs/scale.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from attrs import frozen

from benchmarks.replicas_tables import Found, deliveries_table, ledger_table, replicas_table, rule
from benchmarks.report import measured_on

RATE = 1_000_000 / 60  # plays a second
BUSY = 0.6  # of a processor's time, so that a replica that is lost is no outage
DAY = 86_400  # seconds
KEPT = 90  # days, by default
NAMED = 0.5  # of the plays, as ADR 9 takes it
MOST_REPLICAS = (4, 8, 16, 32, 64)
CLIPS_OF = {"100 kB": 1e5, "1 MB": 1e6, "5 MB": 5e6}


@frozen
class Constants:
    """What one play costs, as it was measured: microseconds of processors, bytes, and seconds."""

    replica: float
    balancer: float
    play: float  # PostgreSQL, to write it down
    delivery: float  # PostgreSQL, to write down what was delivered of it
    wal: float
    disk: Mapping[str, float]
    turn: float  # seconds for which a statement keeps a hot clip's row from the next one

    @classmethod
    def of(cls, found: Found) -> "Constants":
        http = next(each for each in found["http"] if each["replicas"] == 1)
        spread = next(each for each in found["ledger"] if each["clips"] > 1)
        shared = max((each for each in found["ledger"] if each["clips"] == 1), key=lambda each: each["processes"])
        delivery = next(each for each in found["deliveries"] if each["at_once"] == 100)
        return cls(
            http["cost"]["replicas"],
            http["cost"]["balancer"],
            spread["database"],
            delivery["database"],
            spread["wal"] + delivery["wal"],
            found["bytes_a_row"],
            shared["callers"] / shared["per_second"],
        )


def needs_table(found: Found) -> str:
    """What a million plays a minute need, each need with the arithmetic."""
    rows = [f"| {what} | {much} | {how} |" for what, much, how in needs(Constants.of(found))]
    return "\n".join(("| what | how much | reckoned |", "|---|--:|---|", *rows))


def needs(of: Constants) -> Iterator[tuple[str, str, str]]:
    """What is needed, how much of it, and the arithmetic; from what serves requests down to the disk and the wires."""
    rate = f"{RATE:,.0f}/s"
    service, server = of.replica * RATE / 1e6, (of.play + of.delivery) * RATE / 1e6
    yield "processors for replicas", f"{service:.1f}", f"{rate} × {of.replica:.0f} µs"
    yield "replicas, a process each", f"{service / BUSY:.0f}", f"{service:.1f} ÷ {BUSY:.0%} busy"
    yield "processors for nginx", f"{of.balancer * RATE / 1e6:.1f}", f"{rate} × {of.balancer:.0f} µs"
    yield (
        "processors for PostgreSQL",
        f"{server:.1f}",
        f"{rate} × ({of.play:.0f} µs a play + {of.delivery:.0f} µs a delivery)",
    )
    yield "write-ahead log", f"{of.wal * RATE / 1e6:.0f} MB/s", f"{rate} × {of.wal:,.0f} B a play and its delivery"
    yield "the same, archived for a day", f"{of.wal * RATE * DAY / 1e12:.1f} TB", f"× {DAY:,} s"
    yield from kept(of.disk)
    for size, count in CLIPS_OF.items():
        told = f"{rate} × {size} × 8 bits"
        yield f"network, where a clip is {size}", f"{count * 8 * RATE / 1e9:,.0f} Gbit/s", told


def kept(disk: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """What the tables take on the disk."""
    daily = RATE * DAY
    row = disk["plays"] + disk["deliveries"]
    plays = f"{daily / 1e9:.2f} billion plays"
    told = f"{plays} × ({disk['plays']:.0f} B + {disk['deliveries']:.0f} B)"
    yield "disk, each day", f"{row * daily / 1e9:,.0f} GB", told
    yield f"disk, {KEPT} days of it", f"{row * daily * KEPT / 1e12:,.0f} TB", f"× {KEPT}, `PLAY_KEEP_DELIVERIES`"
    named = f"{NAMED:.0%} of {plays} × 365 × {disk['plays']:.0f} B: names are kept for ever (ADR 1)"
    yield "and each year, plays with a name", f"{NAMED * disk['plays'] * daily * 365 / 1e12:,.0f} TB", named
    heard = f"2 days of {plays} × 2 × {disk['heard']:.0f} B, if each is of another listener"
    yield "what was heard, while its window is open", f"{2 * daily * 2 * disk['heard'] / 1e12:,.1f} TB", heard
    playbacks = f"{NAMED:.0%} of {plays} × {KEPT} × {disk['heard']:.0f} B"
    yield "what was heard of a named playback", f"{NAMED * daily * KEPT * disk['heard'] / 1e12:,.0f} TB", playbacks


def hot_row_table(found: Found) -> str:
    """How long a play of one hot clip waits, by the number of replicas that write to its row in turn."""
    turn = Constants.of(found).turn
    heads = " | ".join(f"{count}" for count in MOST_REPLICAS)
    waits = " | ".join(f"{count * turn * 1e3:,.0f}" for count in MOST_REPLICAS)
    batch = " | ".join(f"{RATE * turn:,.0f}" for _ in MOST_REPLICAS)
    return "\n".join(
        (
            f"| replicas | {heads} |",
            rule(1, len(MOST_REPLICAS)),
            f"| ms until a play of the hot clip is written down: replicas × {turn * 1e3:.1f} ms | {waits} |",
            f"| plays in a statement: {RATE:,.0f}/s × {turn * 1e3:.1f} ms | {batch} |",
        )
    )


Table = Callable[[Mapping[str, Found]], str]
SHOWN: Sequence[tuple[str, Callable[[Found], str]]] = (
    ("machine", lambda found: measured_on(dict(found["machine"]))),
    ("replicas", replicas_table),
    ("ledger", ledger_table),
    ("deliveries", deliveries_table),
    ("hot row", hot_row_table),
    ("needs", needs_table),
)


def of_replicas(table: Callable[[Found], str], results: Mapping[str, Found]) -> str:
    return table(results["replicas"])


TABLES: Mapping[str, Table] = {name: partial(of_replicas, table) for name, table in SHOWN}
