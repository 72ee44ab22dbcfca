"""What is counted, in words, as this service is set. Every sentence is one that a test elsewhere keeps."""

from collections.abc import Mapping
from datetime import timedelta

from domain.heard import Window
from entrypoints.web.client_address import ClientAddress
from entrypoints.web.reasons import BECAUSE

Rules = Mapping[str, Mapping[str, str]]
"""Sentences by term, in sections; all of it is plain text."""

COUNTERS = {
    "play_count": "Streams that began: a GET that was answered (200 or 206) with the clip's first byte. One that asked "
    "for at most two bytes is none, nor one that was fetched ahead with nobody listening. It is written down before "
    "that byte is sent. A player that names its playback (?play=<uuid>, or X-Playback-Session-Id) is counted once for "
    "each name and clip, however often it asks.",
    "downloads": "Listeners who were sent a minute of a clip, by the podcast rules of the IAB Tech Lab, version 2.3: "
    "its header and 60 seconds of sound, at its mean rate, or all of a shorter clip; by all their requests in one "
    "window together, each byte once. Once for each listener, clip and window. Of a clip whose source does not tell "
    "its size, all must have been sent at once.",
    "listeners": "Listeners who were sent any of it, by requests that can become a download. Who comes on two days is "
    "two, since nobody is known from one day to the next: all-time, and any sum of days, adds them up. Each hour "
    "counts its own listeners, so that hours may add up to more than their day; each clip does too, and all clips "
    "together count a listener once.",
    "completed": "Plays of which at least 99 % of the clip's bytes were sent, the beginning among them: by all "
    "requests of one named playback together; where the player names none, by one request, or by those of one listener "
    "in one window together, once.",
    "listens": "Plays of which the player says that half of the clip, or four minutes of it, were heard. Players that "
    "name their playback can say so (PUT /play/{id}/listens/{uuid}).",
    "skips": "Plays of which the player says that they were over before a quarter of the clip was heard.",
}

WINDOWS = {
    Window.CALENDAR_DAY: "A window is a day in UTC.",
    Window.FIRST_TOUCH: "A window is the 24 hours that begin with what a listener is first sent of a clip.",
    Window.LAST_TOUCH: "A window lasts until a listener was sent nothing of a clip for 24 hours.",
}

TERMS = {
    "bots": "A program that says by its User-Agent that it fetches on its own is no listener and no download, nor is a "
    "request without a User-Agent. Both are plays like any other stream.",
    "time": "A play is told of the hour and the day in which it began; all else of those in which its request was "
    "over, or its player's word came. Hours and days are those of UTC. Plays show at once, and last; downloads, "
    "listeners and completed plays show a moment after their request is over, and a service that is killed loses those "
    "of its last moment.",
}

SENT = "Bytes that were handed over to be sent to the listener. What a device made of them is not known here."
BY_NGINX = " Where nginx sends a file, it is taken to have sent all that was asked for."

LISTENER = "The same network address (of IPv6 its first 64 bits) with the same User-Agent, on the same day."
STORED = (
    "No address is written down, neither in the database nor in the log. In its place there is a keyed hash of address "
    "and User-Agent: 128 bits of an HMAC-SHA-256, with a secret of the day."
)
PEER = "The address is that of who connects to this service."
FORWARDED = "The address is what {header} says, as far as proxies say it that this service trusts; else who connects."
KEY_OF_THE_DAY = (
    "A day's secret is deleted {when}, and overwritten in the database's files. From then on nobody can tell whom a "
    "hash stands for, but who kept a backup, or the database's log, of before."
)
HEADER_NAMES = {"x-forwarded-for": "X-Forwarded-For", "forwarded": "Forwarded"}


def counting_rules(window: Window, keep: timedelta, client: ClientAddress, nginx: str | None) -> Rules:
    """The rules in force; ``nginx`` is the prefix of files that it sends, None where it sends none."""
    return {
        "counters": COUNTERS,
        "terms": {"sent": SENT + (BY_NGINX if nginx else ""), "window": WINDOWS[window], **TERMS},
        "privacy": privacy(window, client),
        "kept": kept(keep),
        "reasons": {str(reason): because for reason, because in BECAUSE.items()},
    }


def privacy(window: Window, client: ClientAddress) -> Mapping[str, str]:
    """Who a listener is, and why nobody can find out."""
    when = "a day after its day is over" if window.goes_past_midnight else "soon after the day is over"
    named = FORWARDED.format(header=HEADER_NAMES[client.header])
    return {
        "listener": LISTENER,
        "address": named if client.trusted else PEER,
        "stored": STORED,
        "secret": KEY_OF_THE_DAY.format(when=when),
    }


def kept(keep: timedelta) -> Mapping[str, str]:
    """What is kept, and for how long."""
    days = f"{keep.days} days"
    return {
        "windows": "What each listener of the last two days was sent of each clip, by the hash; of a playback that its "
        f"player named, {days}: who names it on several days is known to be the same.",
        "listens": f"What players say of their plays: {keep.days + 1} days.",
        "requests": f"Each request to stream, with its listener's hash, its bytes and its reasons: {days}.",
        "hours": f"Sums by the hour: {days}.",
        "days": "Sums by the day, and in all: for ever. What is removed changes none of them.",
        "plays": f"Plays that a player has named: for ever, so that none is counted twice. Others: {days}.",
    }
