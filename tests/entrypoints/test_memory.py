"""What the process is told of its memory before it serves takes effect, and can be told anywhere."""

import gc
from collections.abc import Iterator

import pytest

from entrypoints.memory import SEARCHES, keep_freed_memory, search_less_for_garbage


@pytest.fixture
def _as_before() -> Iterator[None]:
    searches = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*searches)


@pytest.mark.usefixtures("_as_before")
def test_what_there_is_at_the_start_is_never_searched_again() -> None:
    search_less_for_garbage()

    assert gc.get_freeze_count() > 1_000
    assert gc.get_threshold() == SEARCHES


def test_any_c_library_may_be_told_to_keep_memory() -> None:
    keep_freed_memory()
