"""The command line: ``soundverse-play [serve]``, and every other command by its name."""

import click

from entrypoints.commands.export import export_command
from entrypoints.commands.import_clips import import_command
from entrypoints.commands.key import key_command
from entrypoints.commands.migrate import migrate_command
from entrypoints.commands.seed import seed_command
from entrypoints.commands.serve import serve_command
from entrypoints.commands.settings import settings_command


class ServeByDefault(click.Group):
    """A group whose command is ``serve`` where none is named, so that ``soundverse-play --port 9000`` serves."""

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


COMMANDS = (
    serve_command,
    migrate_command,
    seed_command,
    import_command,
    export_command,
    settings_command,
    key_command,
)
for each in COMMANDS:
    main.add_command(each)
