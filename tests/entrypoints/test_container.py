"""What is put together once stays so: also a cache that cannot be used."""

from pathlib import Path

import pytest

from adapters.audio.cache.cached_audio import CachedAudio
from entrypoints.container import in_memory
from entrypoints.settings import Settings


def test_remote_audio_is_kept_below_the_data_folder(tmp_path: Path) -> None:
    container = in_memory(Settings(data=tmp_path), ())

    assert isinstance(container.kept(), CachedAudio)
    assert container.kept() is container.kept()
    assert (tmp_path / "cache").is_dir()


def test_a_cache_that_is_switched_off_touches_nothing(tmp_path: Path) -> None:
    container = in_memory(Settings(data=tmp_path, cache_size=0), ())

    assert container.kept() is container.resuming()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_said_once_and_audio_is_relayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cache").write_text("no folder")
    container = in_memory(Settings(data=tmp_path), ())

    for _ in range(3):
        assert container.kept() is container.resuming()
    assert capsys.readouterr().out.count("remote audio is not kept") == 1
