"""What counts as text: all but what cannot be kept or shown."""

import sys
import unicodedata
from typing import Any

import pytest

from domain.text import LINE_BREAKS, line_of_text, lines_of_text

EVERY_CHARACTER = list(map(chr, range(sys.maxunicode + 1)))
UNPRINTABLE = {character for character in EVERY_CHARACTER if unicodedata.category(character) in ("Cc", "Cs")}


@pytest.mark.parametrize(
    ("check", "allowed"), [(line_of_text(longest=9), set()), (lines_of_text(longest=9), LINE_BREAKS)]
)
def test_text_has_no_control_character_and_no_lone_surrogate_and_may_have_all_else(
    check: Any, allowed: set[str]
) -> None:
    def is_refused(character: str) -> bool:
        try:
            check(None, None, f"a{character}b")
        except ValueError:
            return True
        return False

    assert set(filter(is_refused, EVERY_CHARACTER)) == UNPRINTABLE - allowed


def test_the_first_character_that_is_refused_is_named_by_its_number() -> None:
    with pytest.raises(ValueError, match="U\\+0085"):
        lines_of_text(longest=99)(None, None, "rain\n\tand\x85hail\x00")
