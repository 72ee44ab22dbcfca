"""The six sample clips that a new service begins with. `sample_clips/synthesise.py` makes their audio."""

from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from application.curate import Curate
from domain.clip import ClipDetails
from domain.errors import AudioRefused, DurationUnknown
from domain.location import LIBRARY, AudioLocation


@frozen
class Sample:
    """A clip of our own: its file among the package data, and what the catalogue and the file's own tags say of it."""

    file_name: str
    title: str
    genre: str
    description: str
    tags: tuple[str, ...]

    def details(self) -> ClipDetails:
        """The clip as it is offered to the catalogue; the audio itself tells the duration."""
        return ClipDetails(
            title=self.title,
            genre=self.genre,
            description=self.description,
            audio_url=AudioLocation(LIBRARY + self.file_name),
            tags=self.tags,
        )


SAMPLES = (
    Sample(
        "slow-sunrise.mp3",
        "Slow Sunrise",
        "Ambient",
        "Wide, warm chords that brighten like an early morning.",
        ("calm", "morning"),
    ),
    Sample(
        "porch-strings.mp3",
        "Porch Strings",
        "Folk",
        "A fingerpicked guitar turns through five chords and comes home.",
        ("guitar", "acoustic"),
    ),
    Sample(
        "glass-bells.ogg",
        "Glass Bells",
        "Chillout",
        "Small glass bells, unhurried, in a large and quiet hall.",
        ("bells", "calm"),
    ),
    Sample(
        "crooked-beat.ogg",
        "Crooked Beat",
        "Hip-Hop",
        "A dusty drum groove that swings, with a fill to end it.",
        ("drums", "groove"),
    ),
    Sample(
        "night-bus.mp3",
        "Night Bus",
        "Electronic",
        "A rubbery bass line whose filter opens as the city goes by.",
        ("bass", "night"),
    ),
    Sample(
        "rain-on-the-roof.ogg",
        "Rain on the Roof",
        "Nature",
        "Steady rain on tiles, and thunder that stays far away.",
        ("rain", "thunder", "calm"),
    ),
)


def put_in_place(folder: Path) -> None:
    """Copy the samples into ``folder`` where they are missing; whatever already lies under such a name stays.

    Each file appears whole or not at all, also with several processes at it. Raises OSError: it cannot be written.
    """
    missing = [sample.file_name for sample in SAMPLES if not is_taken(folder / sample.file_name)]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    # Inside the folder, because a rename is only atomic within one file system.
    with TemporaryDirectory(prefix=".samples-", dir=folder) as unfinished:
        for name in missing:
            copy = Path(unfinished, name)
            copy.write_bytes((files("entrypoints") / "sample_clips" / name).read_bytes())
            copy.replace(folder / name)


def is_taken(path: Path) -> bool:
    """Whether something bears this name, a link that leads nowhere included."""
    return path.is_symlink() or path.exists()


async def seed(curate: Curate) -> int:
    """Add the samples that were never added before, and say how many; one that was removed stays removed.

    Their files must be in place. Raises AudioRefused, DurationUnknown: that sample was not added, the others were.
    Raises StoreUnavailable. Safe to repeat.
    """
    added, refusals = 0, []
    for sample in SAMPLES:
        try:
            added += await curate.add_once(f"sample:{sample.file_name}", sample.details())
        except (AudioRefused, DurationUnknown) as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return added
