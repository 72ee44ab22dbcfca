"""How the process keeps its memory: told once, before it serves."""

import ctypes
import gc

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
KEPT, MAPPED = 16 * 1024 * 1024, 1024 * 1024  # bytes: free ones kept at hand, and pieces so large that they go back
SEARCHES = (10_000, 20, 50)  # for garbage: new objects before each, and each kind before the next


def keep_freed_memory() -> None:
    """Have glibc keep what chunks of audio were read into for the next ones.

    Otherwise each goes back to the system and is fetched anew, page by page, which costs more than reading a file that
    is in memory. Another C library does as it likes."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_TRIM_THRESHOLD, KEPT)
        mallopt(M_MMAP_THRESHOLD, MAPPED)


def search_less_for_garbage() -> None:
    """Leave what there is now out of every later search, and search less often: requests leave hardly any cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SEARCHES)
