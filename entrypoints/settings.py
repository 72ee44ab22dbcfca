"""Everything that can be set: ``PLAY_*``, ``DATABASE_URL`` and ``PORT``. The only reader of the environment."""

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from attrs import Attribute, Factory, field, fields, fields_dict, frozen

from domain.heard import Window
from entrypoints.setting_rules import Rule, between, conversion, digests, each, one_of, prefix, rate, web
from entrypoints.web.client_address import NODE_OF

PREFIX = "PLAY_"
LOG_LEVELS = ("debug", "info", "warning", "error")
SYSTEM_DATA = Path("/var/lib/soundverse-play")


class SettingsError(Exception):
    """The settings cannot be used; the text says, a sentence a line, all that is wrong with them."""


def default_data_folder() -> Path:
    """Root's data belong to the machine: a service that drops root could not enter root's home.

    Raises SettingsError: whoever runs this has no home, as in a container under any number."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return SYSTEM_DATA
    from platformdirs import user_data_path  # noqa: PLC0415  # most services are told their folder

    try:
        return user_data_path("soundverse-play")
    except RuntimeError as error:
        raise SettingsError("PLAY_DATA must be set: this user has no home to keep data in.") from error


PORT = between(1, 65_535)


def setting(
    default: Any, about: str, *, rule: Rule | None = None, variable: str | None = None, secret: bool = False
) -> Any:
    """A field of `Settings`: ``about`` tells an operator what it does, ``variable`` is its name if not PLAY_<NAME>."""
    shown = (lambda _value: "(not shown)") if secret else True
    told = {"about": about, "variable": variable, "secret": secret}
    return field(default=default, validator=rule, repr=shown, metadata=told)


@frozen(kw_only=True)
class Settings:
    """What an operator decides. Times are seconds, sizes bytes; lists are separated by commas."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 is every interface.")
    port: int = setting(8000, "Port to listen on.", rule=PORT, variable="PORT")
    data: Path = setting(Factory(default_data_folder), "Folder of the database, the media and the write key.")
    memory: bool = setting(False, "Keep clips and plays in memory only; they are gone when the service ends.")
    database_url: str | None = setting(
        None, "PostgreSQL to use instead of an embedded one.", variable="DATABASE_URL", secret=True
    )
    postgres_bin: Path | None = setting(None, "Folder of PostgreSQL's programs for the embedded server.")
    pool_size: int = setting(10, "Most connections to PostgreSQL.", rule=between(1, 500))
    samples: bool = setting(True, "Put six sample clips in at the first start.")
    write_keys: tuple[str, ...] = setting(
        (), "Keys that may add, change and delete clips, or NAME:SHA256 of each.", secret=True
    )
    read_keys: tuple[str, ...] = setting(
        (), "NAME:SHA256 of each key to list and listen; none: everybody may.", rule=digests, secret=True
    )
    metrics_key: str | None = setting(
        None, "Key that /metrics and /about/counting take, or its NAME:SHA256; none: no key.", secret=True
    )
    address_lifetime: int = setting(
        21_600, "How long a signed stream address holds, where PLAY_READ_KEYS is set.", rule=between(60, 604_800)
    )
    allowed_sources: tuple[str, ...] = setting(
        (), "Hosts and networks that audio may come from though they are not public, on any port."
    )
    source_ports: tuple[int, ...] = setting(
        (80, 443), "Ports that audio may come from on public addresses.", rule=each(PORT)
    )
    connect_timeout: float = setting(5.0, "How long connecting to an audio source may take.", rule=between(0.01, 300))
    first_byte_timeout: float = setting(10.0, "How long a source may take to its first byte.", rule=between(0.01, 300))
    stall_timeout: float = setting(20.0, "How long a source may fall silent amid the audio.", rule=between(0.01, 300))
    cache_size: int = setting(
        2**30, "Most bytes of remote audio to keep below the data folder; 0 keeps none.", rule=between(0, 2**60)
    )
    cache_fresh: float = setting(
        600.0, "How long remote audio is served as it was kept, before its source is asked.", rule=between(0, 2**31)
    )
    accel_redirect: str | None = setting(
        None, "Prefix of nginx's internal location of the media folder, e.g. /media/; nginx then sends it.", rule=prefix
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        (), "Addresses and networks of the proxies in front, which tell whose request they hand on."
    )
    forwarded_header: str = setting(
        "x-forwarded-for", "Header by which they tell it: x-forwarded-for or forwarded.", rule=one_of(*NODE_OF)
    )
    download_window: str = setting(
        Window.CALENDAR_DAY.value, "How long what a listener gets of a clip is one download.", rule=one_of(*Window)
    )
    keep_deliveries: int = setting(
        90,
        "Days that deliveries and sums by the hour are kept; sums by the day are kept for ever.",
        rule=between(2, 36_500),
    )
    write_rate: str = setting("600/minute", "How often a client may add, change or delete clips, or off.", rule=rate)
    stream_rate: str = setting("off", "How often a client may begin a stream, like 600/hour, or off.", rule=rate)
    peaks_limit: int = setting(
        256 * 1024 * 1024, "Largest clip that a waveform is drawn of; 0 draws none.", rule=between(0, 2**40)
    )
    body_limit: int = setting(65_536, "Largest request body, but for audio.", rule=between(1_024, 2**30))
    upload_limit: int = setting(
        200 * 2**20, "Largest audio that may be sent, as a form's part or a body.", rule=between(1_024, 2**40)
    )
    most_streams: int = setting(
        2_000,
        "Most streams at once; whoever comes then is asked to come again. 0 sets no limit.",
        rule=between(0, 10**6),
    )
    most_followers: int = setting(
        1_000,
        "Most who follow the play counts at once; whoever comes then is asked to come again. 0 sets no limit.",
        rule=between(0, 10**6),
    )
    drain_grace: float = setting(
        1.0, "How long connections are still taken after SIGTERM, so that balancers notice.", rule=between(0, 3_600)
    )
    shutdown_timeout: float = setting(
        5.0, "How long streams may then go on, before they are cut.", rule=between(0, 3_600)
    )
    otlp_endpoint: str | None = setting(
        None, "Collector that traces are sent to, by OTLP over HTTP, e.g. http://localhost:4318.", rule=web
    )
    log_level: str = setting("info", "Least severe log lines to write.", rule=one_of(*LOG_LEVELS))

    @property
    def keep(self) -> timedelta:
        """How long deliveries and sums by the hour are kept."""
        return timedelta(days=self.keep_deliveries)

    @property
    def window(self) -> Window:
        """How long what a listener gets of a clip is one download."""
        return Window(self.download_window)

    @property
    def media(self) -> Path:
        """The folder of the files that ``library:NAME`` means."""
        return self.data / "media"

    @property
    def cache(self) -> Path:
        """The folder of the remote audio that is kept."""
        return self.data / "cache"


def variable_of(field: "Attribute[Any]") -> str:
    """The environment variable of a setting."""
    return field.metadata["variable"] or f"{PREFIX}{field.name.upper()}"


def load_settings(given: Mapping[str, Any]) -> Settings:
    """Settings from the command line (``given``, by field name, None if absent), else the environment, else defaults.

    Raises SettingsError: it tells of all that is wrong at once."""
    faults = [f"{name} is not a setting; `soundverse-play settings` shows all." for name in unknown(os.environ)]
    options = {name: (f"--{name}", value) for name, value in given.items() if value is not None}
    values: dict[str, Any] = {}
    for name, (origin, text) in (from_environment(os.environ) | options).items():
        try:
            values[name] = converted(text, fields_dict(Settings)[name])
        except ValueError as error:
            faults.append(f"{origin} {error}.")
    if faults:
        raise SettingsError("\n".join(faults))
    return Settings(**values)


def unknown(environment: Mapping[str, str]) -> list[str]:
    """The names of variables that look like settings and are none."""
    known = {variable_of(field) for field in fields(Settings)}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def from_environment(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What the environment sets: variable and text by field name. A variable that is empty sets nothing."""
    named = {field.name: variable_of(field) for field in fields(Settings)}
    return {name: (variable, environment[variable]) for name, variable in named.items() if environment.get(variable)}


def converted(text: Any, field: "Attribute[Any]") -> Any:
    """The value that ``text`` stands for. Raises ValueError."""
    value = conversion(field.type)(text)
    if value == ():
        raise ValueError("must name something")  # a list that is set, and to nothing, would be a door left open
    if field.validator is not None:
        field.validator(None, field, value)
    return value


def described(settings: Settings) -> str:
    """Every setting with its variable, its value and what it does; secrets are masked."""
    blocks = []
    for option in fields(Settings):
        value = getattr(settings, option.name)
        shown = "(set, not shown)" if option.metadata["secret"] and value else written(value)
        blocks.append(f"{variable_of(option)}={shown}\n    {option.metadata['about']}")
    return "\n".join(blocks)


def written(value: object) -> str:
    """A value as it would stand in the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    return "" if value is None else str(value)
