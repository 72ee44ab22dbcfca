"""``soundverse-play key``: make a key."""

from hashlib import sha256

import click

from entrypoints.announcement import say
from entrypoints.web.keys import NAMED_DIGEST
from entrypoints.write_key import new_write_key


@click.command("key")
@click.argument("name", default="reader")
def key_command(name: str) -> None:
    """Make a key, and its NAME:SHA256 for PLAY_READ_KEYS, PLAY_WRITE_KEYS or PLAY_METRICS_KEY.

    The key is for who shall have it, and is kept nowhere; NAME is what the log says of who used it."""
    key = new_write_key()
    line = f"{name}:{sha256(key.encode()).hexdigest()}"
    if not NAMED_DIGEST.fullmatch(line):
        raise click.BadParameter("must be 1 to 64 letters, digits, dots, dashes and underscores", param_hint="NAME")
    say(f"Key      {key}")
    say(f"Setting  {line}")
