"""Recognise programs that fetch on their own, by what their User-Agent says (IAB Tech Lab podcast rules 2.3).

The list is the package `crawler-user-agents`: crawlers, link previews, monitors, and what scripts fetch with (curl,
Wget, HTTP libraries), each with the regular expression that finds it. Its new versions are its refresh, by the command
that renews every other pin: `make constraints`. It was made for pages, so this file says where sound differs."""

import json
import re
from collections import defaultdict
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.metadata import distribution
from pathlib import Path

JUDGED = 512  # characters; no entry of the list is known by anything further behind
REMEMBERED = 2048  # answers, of at most so many characters each: two megabytes when all are hostile

USED_BY_LISTENERS = frozenset(
    {
        r"Overcast\/",  # players, whose feed readers say so below
        r"PocketCasts\/",
        "Podimo",
        "Fever",  # a feed reader's name, and the middle of EpisodeFever's
        "okhttp",  # what a player on Android says that was given no name
        "Amazon CloudFront",  # what this proxy puts in place of each listener's own User-Agent
        "Fluid",  # windows in which somebody looks at pages
        r"Code\/1\.",
        r"Trae\/",
    }
)
"""Patterns of the list that also find what people listen with, so they are not asked for."""

NOT_ON_THE_LIST = (
    r"[Bb]ot\b(?<!Cubot)(?<!Tweetbot)",  # it says what it is, as most newcomers do; these two are a phone and an app
    r"[Cc]rawler\b",
    r"[Ss]pider/",
    r"Podcast Sync\b",  # what reads feeds for a player, and its audio now and then
    r"[Ff]eed (?:[Pp]arser|[Cc]onsumer)\b",
    r"^Spotify/1\.0$",  # its servers' copy for their own cache; the app says where it runs, too
    r"^atc/",  # a watch fetches by itself what its telephone has fetched; without a name it is (null)
    r"^\(null\)/\(null\) watchOS/",
    r"^kube-probe/",  # health checks
    r"^ELB-HealthChecker/",
    r"^GoogleHC/",
    r"^Amazon-Route53-Health-Check-Service\b",
)

LITERAL = re.compile(r"(?:[^\\^$.|?*+()\[\]{}]|\\\W)+")


def is_bot(user_agent: str) -> bool:
    """Whether a User-Agent says of itself that it is a program that fetches on its own; never of an empty one.

    Only its first 512 characters are judged, which bounds the work however the list's patterns repeat. The list is read
    and compiled at the first call: some 50 ms, so whoever answers listeners asks once by itself."""
    return names_a_bot(user_agent[:JUDGED])


@lru_cache(maxsize=REMEMBERED)
def names_a_bot(user_agent: str) -> bool:
    """The answer that is remembered: of what was judged and never of all that a stranger sent."""
    return bots().search(user_agent) is not None


@cache
def bots() -> re.Pattern[str]:
    """The list as one pattern. Every literal is in one tree, which is ten times as fast as trying one after another."""
    patterns = [pattern for pattern in listed() if pattern not in USED_BY_LISTENERS]
    literals = {re.sub(r"\\(\W)", r"\1", pattern) for pattern in patterns if LITERAL.fullmatch(pattern)}
    others = [pattern for pattern in patterns if not LITERAL.fullmatch(pattern)]
    return re.compile("|".join([any_of(literals), *others, *NOT_ON_THE_LIST]))


def listed() -> list[str]:
    """The list's patterns, in its order. Read as data, because its package would keep all of its examples in memory."""
    package = distribution("crawler-user-agents")
    entries = Path(str(package.locate_file("crawleruseragents/crawler-user-agents.json"))).read_bytes()
    return [entry["pattern"] for entry in json.loads(entries)]


def any_of(words: Collection[str]) -> str:
    """A pattern that finds any of ``words``, reading what they have in common once."""
    if len(words) == 1:
        return re.escape(*words)
    tails = defaultdict(set)
    for word in words:
        tails[word[0]].add(word[1:])
    return "|".join(re.escape(head) + ("" if "" in tail else f"(?:{any_of(tail)})") for head, tail in tails.items())
