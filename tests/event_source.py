"""A client of server-sent events, which reads them as the WHATWG's HTML standard says (9.2.6, "Interpreting")."""

from typing import Any

import orjson
from attrs import define, field, frozen


@frozen
class Event:
    """An event that a page would get."""

    type: str
    data: Any
    id: str


@define
class EventSource:
    """What of a stream is known so far. ``last_id`` is where it would go on, ``comments`` how many there were."""

    events: list[Event] = field(factory=list)
    last_id: str = ""
    retry: int | None = None
    comments: int = 0
    is_over: bool = False  # the stream ended, and was whole
    _rest: bytes = b""
    _fields: dict[str, list[str]] = field(factory=dict)

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._interpret(line.decode())

    @property
    def counts(self) -> dict[int, int]:
        """All counts that were told, the last of each."""
        return {
            each["id"]: each["play_count"] for event in self.events if event.type == "counts" for each in event.data
        }

    def _interpret(self, line: str) -> None:
        name, _, value = line.partition(":")
        if not line:
            self._dispatch()
        elif not name:
            self.comments += 1
        elif name == "retry":
            self.retry = int(value)
        else:
            self._fields.setdefault(name, []).append(value.removeprefix(" "))

    def _dispatch(self) -> None:
        fields, self._fields = self._fields, {}
        self.last_id = fields.get("id", [self.last_id])[-1]
        if "data" in fields:
            data = orjson.loads("\n".join(fields["data"]))
            self.events.append(Event(fields.get("event", ["message"])[-1], data, self.last_id))
