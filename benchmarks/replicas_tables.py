"""Tells `benchmarks.replicas` in Markdown."""

from collections.abc import Mapping
from typing import Any

LOCKS = ("Lock", "LWLock")

Found = Mapping[str, Any]


def replicas_table(found: Found) -> str:
    heads = "answers/s | min–max | median ms | p99 ms | replicas µs | nginx µs | PostgreSQL µs | in locks"
    rows = [
        f"| {each['work']} | {each['replicas']} | {each['per_second']:,.0f} "
        f"| {each['rates'][0]:,.0f}–{each['rates'][-1]:,.0f} | {each['median']:.1f} | {each['p99']:.1f} "
        f"| {each['cost']['replicas']:.0f} | {each['cost']['balancer']:.0f} | {each['cost']['database']:.0f} "
        f"| {waiting(each['waits'])} |"
        for each in found["http"]
    ]
    return "\n".join((f"| work, at {found['connections']} connections | replicas | {heads} |", rule(2, 8), *rows))


def ledger_table(found: Found) -> str:
    heads = "plays/s | median ms | p99 ms | PostgreSQL µs | log B | plays a flush | in locks"
    rows = [
        f"| {each['clips']} | {each['processes']} × {each['callers']} | {each['per_second']:,.0f} "
        f"| {each['median']:.1f} | {each['p99']:.1f} | {each['database']:.0f} | {each['wal']:.0f} "
        f"| {1 / each['flushes']:.0f} | {waiting(each['waits'])} |"
        for each in found["ledger"]
    ]
    return "\n".join((f"| clips | processes × callers | {heads} |", rule(2, 7), *rows))


def deliveries_table(found: Found) -> str:
    rows = [
        f"| {each['at_once']:,} | {each['per_second']:,.0f} | {each['service']:.0f} | {each['database']:.0f} "
        f"| {each['wal']:.0f} |"
        for each in found["deliveries"]
    ]
    disk = "; ".join(f"`{table}` {size:.0f} B" for table, size in found["bytes_a_row"].items())
    table = "\n".join(("| at once | deliveries/s | service µs | PostgreSQL µs | log B |", rule(0, 5), *rows))
    old, portion = found["forgetting"], f"{found['forgetting']['rows']:,}"
    rate = old["rows"] / (old["seconds"] + old["rest"])
    told = f"{portion} of each kind are removed in {old['seconds']:.2f} s, then it rests {old['rest']:.1f} s"
    return f"{table}\n\nA row on the disk, with its share of indexes: {disk}. Of old rows {told}: {rate:,.0f} a second."


def waiting(waits: Mapping[str, float]) -> str:
    """Which share of the time that backends were active they waited for others."""
    locks = sum(count for name, count in waits.items() if name.split()[0] in LOCKS)
    return f"{locks / max(sum(waits.values()), 1e-9):.0%}"


def rule(words: int, numbers: int) -> str:
    return f"|{'---|' * words}{'--:|' * numbers}"
