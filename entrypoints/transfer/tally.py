"""What became of all that was to be imported, for whoever started it."""

import os
from collections.abc import Iterator

from attrs import define, field

MOST_TOLD = 1_000  # refusals, so that a file of nothing but faults fills no memory


@define
class Tally:
    """How many were added, were there already, and were refused, and why."""

    added: int = 0
    there: int = 0
    refused: int = 0
    _told: list[str] = field(factory=list, init=False)

    @property
    def is_begun(self) -> bool:
        return bool(self.added or self.there or self.refused)

    def refuse(self, what: str, why: str) -> None:
        self.refused += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(on_one_line(f"{what}: {why.rstrip('.')}."))

    def lines(self) -> Iterator[str]:
        """All of it in words."""
        yield f"Clips added: {self.added}"
        yield f"Already there: {self.there}"
        yield f"Refused: {self.refused}"
        yield from (f"  {refusal}" for refusal in self._told)
        if self.refused > len(self._told):
            yield f"  and {self.refused - len(self._told)} more."


def on_one_line(text: str) -> str:
    """``text`` with the bytes of what cannot be printed as a shell's $'…' has them: a file's name is whatever somebody
    chose, and must neither steer a terminal nor look like lines of ours."""
    return "".join(
        character if character.isprintable() else "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
        for character in text
    )
