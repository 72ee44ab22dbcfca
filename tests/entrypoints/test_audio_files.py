"""Which files of a tree are taken for audio."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from entrypoints.transfer.audio_files import audio_files, content_hash_of


def found_in(folder: Path) -> list[str]:
    faults: list[OSError] = []
    found = [str(path.relative_to(folder)) for path in audio_files(folder, faults.append)]
    assert faults == []
    return found


def laid(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


def test_files_come_in_order_each_folders_own_first(tmp_path: Path) -> None:
    laid(tmp_path, "b/2.ogg", "b/1.ogg", "a/z/1.mp3", "a/1.flac", "c.wav", "B.M4A")

    assert found_in(tmp_path) == ["B.M4A", "c.wav", "a/1.flac", "a/z/1.mp3", "b/1.ogg", "b/2.ogg"]


def test_what_is_hidden_or_not_named_like_audio_is_left_out(tmp_path: Path) -> None:
    laid(tmp_path, ".hidden.mp3", ".git/x.mp3", "a/.b/c.mp3", "cover.jpg", "mp3", "notes.txt", "x.mp3.part", "in.mp3")

    assert found_in(tmp_path) == ["in.mp3"]


def test_links_lead_nowhere(tmp_path: Path) -> None:
    laid(tmp_path, "in/1.mp3")
    (tmp_path / "in/2.mp3").symlink_to(tmp_path / "in/1.mp3")
    (tmp_path / "again").symlink_to(tmp_path / "in")
    os.mkfifo(tmp_path / "in/3.mp3")

    assert found_in(tmp_path) == ["in/1.mp3"]


def test_one_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    laid(tmp_path, "sound.bin")

    assert list(audio_files(tmp_path / "sound.bin", print)) == [tmp_path / "sound.bin"]


def test_a_folder_that_cannot_be_listed_is_told_and_the_others_are_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid(tmp_path, "a/1.mp3", "b/1.mp3")
    scandir = os.scandir

    def locked(path: str) -> "os._ScandirIterator[str]":
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", locked)
    faults: list[OSError] = []
    found = [path.relative_to(tmp_path) for path in audio_files(tmp_path, faults.append)]

    assert found == [Path("b/1.mp3")]
    assert {fault.filename for fault in faults} == {str(tmp_path / "a")}


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    laid(tmp_path, "1.mp3")

    assert content_hash_of(tmp_path / "1.mp3") == sha256(b"1.mp3").hexdigest()
