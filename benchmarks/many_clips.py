"""A catalogue as large as one likes: ``python -m benchmarks.many_clips (--tree FOLDER | --lines FILE) [--clips N]``.

``--tree`` makes short audio files, no two alike, with titles, genres and descriptions in them, for ``soundverse-play
import FOLDER``. ``--lines`` makes what ``soundverse-play import FILE.jsonl`` reads, be it beside a service that runs:
the same clips with tags, plays and days, all of them of one sample's audio. Both are the same each time."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np
import soundfile
from attrs import frozen

from application.report_counts import summed
from domain.clip import Clip, ClipId
from domain.location import AudioLocation
from domain.statistics import ClipCounts, Counts
from domain.transfer import ClipRecord, DayCounts
from entrypoints.transfer.lines import End, Header, Listeners, written

SOUNDS = {
    "Nature": "rain,thunder,wind,surf,brook,crickets,frogs,birdsong,fire,hail,snow,forest,marsh,waterfall,owl",
    "City": "tram,market,crossing,subway,playground,harbour,siren,construction,café,elevator,station,traffic",
    "Ambient": "drone,pad,choir,swell,bowl,haze,texture,echo,shimmer,organ",
    "Electronic": "bassline,arpeggio,sequence,glitch,pulse,lead,stab,riser,sweep",
    "Hip-Hop": "beat,break,scratch,loop,hook,snare,kick",
    "Folk": "guitar,fiddle,banjo,accordion,mandolin,whistle,harp",
    "Jazz": "saxophone,upright bass,brushes,piano,trumpet,vibraphone",
    "Foley": "footsteps,door,keys,paper,cloth,glass,zipper,switch,drawer,cup",
    "Voices": "crowd,whisper,laughter,speech,chant,lullaby,announcement",
    "Machines": "engine,fan,printer,turbine,typewriter,lathe,generator,washing machine,pump",
    "Animals": "dog,cat,horse,sheep,bees,rooster,whale,crow,wolf",
    "Percussion": "djembe,conga,triangle,tambourine,gong,marimba,cajón",
}
MOODS = "distant,soft,broken,early,late,slow,quick,warm,cold,hollow,bright,dark,heavy,light,endless,sudden,old,wet,dry"
PLACES = (
    "on the roof,in the valley,by the sea,under the bridge,at dawn,at midnight,in the attic,from the window,after the "
    "storm,in Reykjavík,in São Paulo,in Zürich,near the station,in an empty hall,on a gravel road,behind the wall"
)
TAGS = "loop,one-shot,stereo,mono,field recording,studio,cc0,long,short,close-up,outdoors,indoors,night,morning"
SAMPLE = AudioLocation("library:rain-on-the-roof.ogg")
RATE = 8_000  # Hz
KINDS = (("wav", "PCM_U8"), ("wav", "PCM_U8"), ("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS"))
LAST_DAY = datetime(2026, 11, 22, tzinfo=UTC)


@frozen
class Recording:
    """What somebody who records sounds might say of one."""

    number: int
    title: str
    genre: str
    description: str
    tags: tuple[str, ...]


def recordings(count: int, random: Random) -> Iterator[Recording]:
    """So many, some genres far more often than others."""
    genres = list(SOUNDS)
    weights = [1 / place for place in range(1, len(genres) + 1)]
    for number in range(1, count + 1):
        [genre] = random.choices(genres, weights)
        mood, sound = random.choice(MOODS.split(",")), random.choice(SOUNDS[genre].split(","))
        place = random.choice(PLACES.split(","))
        description = f"A {mood} {sound} {place}, take {number}."
        tags = tuple(dict.fromkeys((sound, *random.sample(TAGS.split(","), random.randint(0, 4)))))
        yield Recording(number, f"{mood.title()} {sound.title()} {place}", genre, description, tags)


def lay(folder: Path, recording: Recording, random: Random) -> None:
    """One file, of noise that fades and a tone, half a second to two seconds long."""
    ending, subtype = random.choice(KINDS)
    path = folder / recording.genre / f"{recording.number // 500:03}" / f"{recording.number:06}.{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    noise, length = np.random.default_rng(recording.number), int(RATE * random.uniform(0.5, 2))
    time = np.arange(length) / RATE
    tone = np.sin(2 * np.pi * random.uniform(80, 2_000) * time) * 0.4
    sound = (tone + noise.uniform(-0.3, 0.3, length)) * np.exp(-time * random.uniform(0.5, 4))
    with soundfile.SoundFile(path, "w", RATE, 1, subtype) as file:
        file.title, file.genre, file.comment = recording.title, recording.genre, recording.description
        file.write(sound)


def record(recording: Recording, random: Random) -> ClipRecord:
    """The same as a clip that has been there for a while, a few of them played far more than the others."""
    days = sorted(random.sample(range(60), random.randint(0, 12)))
    counted = tuple(played(LAST_DAY - timedelta(days=day), random) for day in reversed(days))
    counts = summed([(LAST_DAY, day.counts) for day in counted])
    last = LAST_DAY - timedelta(days=days[0]) + timedelta(hours=random.randint(0, 23)) if counted else None
    clip = Clip(
        id=ClipId(recording.number),
        title=recording.title,
        description=recording.description,
        genre=recording.genre,
        tags=recording.tags,
        duration=14.5,
        audio_url=SAMPLE,
        media_type="audio/ogg",
        size=133_988,
        header_size=4_149,
        play_count=counts.play_count,
        created_at=LAST_DAY - timedelta(days=90, seconds=-recording.number),
    )
    return ClipRecord(clip=clip, counted=ClipCounts(counts, last), days=counted)


def played(day: datetime, random: Random) -> DayCounts:
    plays = int(random.paretovariate(1.2))
    some = random.randint(0, plays)
    return DayCounts(day.date(), Counts(play_count=plays, downloads=some, listeners=some + 1, completed=some))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--tree", type=Path, metavar="FOLDER")
    where.add_argument("--lines", type=Path, metavar="FILE")
    parser.add_argument("--clips", type=int, default=10_000)
    asked = parser.parse_args()
    random = Random(1)
    made = recordings(asked.clips, Random(2))
    if asked.tree is not None:
        for recording in made:
            lay(asked.tree, recording, random)
    else:
        with asked.lines.open("wb") as file:
            file.write(written(Header(LAST_DAY)) + written(Listeners({})))
            file.writelines(written(record(recording, random)) for recording in made)
            file.write(written(End(asked.clips)))
    print(f"Made {asked.clips} clips.", file=sys.stderr)


if __name__ == "__main__":
    main()
