"""The command line: ``soundverse-play [serve]``, and every other command by its name."""

from importlib import import_module

import click

from entrypoints.loading import loading

COMMANDS = {
    "serve": "serve",
    "migrate": "migrate",
    "seed": "seed",
    "import": "import_clips",
    "export": "export",
    "settings": "settings",
    "key": "key",
}
"""Each command, and its module. A module is loaded when its command is wanted: a start waits for no other."""


def command(name: str) -> click.Command:
    """The command of this name, which is one of `COMMANDS`."""
    with loading():
        module = import_module(f"entrypoints.commands.{COMMANDS[name]}")
    found: click.Command = getattr(module, f"{name}_command")
    return found


class ServeByDefault(click.Group):
    """A group whose command is ``serve`` where none is named, so that ``soundverse-play --port 9000`` serves."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        return command(name) if name in COMMANDS else None

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help", "--version")):
            args = ["serve", *args]
        return super().parse_args(context, args)


@click.group(cls=ServeByDefault, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="soundverse-play")
def main() -> None:
    """A catalogue of sound clips that people list, stream and add to, where every play is counted exactly.

    Without a command the service starts, on a PostgreSQL of its own unless DATABASE_URL names one. `soundverse-play
    serve --help` shows what can be chosen on the command line, `soundverse-play settings` all that can be set.
    """
