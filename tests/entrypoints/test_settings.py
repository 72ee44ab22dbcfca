"""What an operator sets is taken, or refused in sentences that tell all that is wrong; a secret is never shown."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from attrs import fields

from entrypoints.settings import LOG_LEVELS, Settings, SettingsError, described, load_settings, variable_of

SECRET = "hunter2-and-more"
OTHER_THAN_DEFAULT = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("9000", 9000),
    "data": ("/srv/play", Path("/srv/play")),
    "memory": ("true", True),
    "database_url": ("postgresql://play@db/play", "postgresql://play@db/play"),
    "postgres_bin": ("/opt/postgres/bin", Path("/opt/postgres/bin")),
    "pool_size": ("20", 20),
    "samples": ("false", False),
    "write_keys": (" one, two ,,three", ("one", "two", "three")),
    "read_keys": (f"old:{'0' * 64}, new.er:{'a' * 64}", (f"old:{'0' * 64}", f"new.er:{'a' * 64}")),
    "metrics_key": ("one", "one"),
    "address_lifetime": ("60", 60),
    "allowed_sources": ("10.0.0.0/8,media.test:8080", ("10.0.0.0/8", "media.test:8080")),
    "source_ports": ("80, 8080", (80, 8080)),
    "connect_timeout": ("0.5", 0.5),
    "first_byte_timeout": ("3", 3.0),
    "stall_timeout": ("1e1", 10.0),
    "cache_size": ("0", 0),
    "cache_fresh": ("60", 60.0),
    "accel_redirect": ("/protected/media/", "/protected/media/"),
    "trusted_proxies": ("127.0.0.1, fd00::/8", (ip_network("127.0.0.1/32"), ip_network("fd00::/8"))),
    "forwarded_header": ("forwarded", "forwarded"),
    "download_window": ("last-touch", "last-touch"),
    "keep_deliveries": ("30", 30),
    "write_rate": ("off", "off"),
    "stream_rate": ("600/hour", "600/hour"),
    "peaks_limit": ("0", 0),
    "body_limit": ("2048", 2048),
    "upload_limit": ("4096", 4096),
    "most_streams": ("0", 0),
    "most_followers": ("0", 0),
    "drain_grace": ("0", 0.0),
    "shutdown_timeout": ("0", 0.0),
    "otlp_endpoint": ("http://localhost:4318", "http://localhost:4318"),
    "log_level": ("warning", "warning"),
}


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(Settings):
        monkeypatch.delenv(variable_of(field), raising=False)


def refusal(given: dict[str, Any] | None = None) -> list[str]:
    """The sentences of a refusal."""
    with pytest.raises(SettingsError) as refused:
        load_settings(given or {})
    return str(refused.value).splitlines()


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings({})

    assert settings == Settings()
    assert (settings.host, settings.port, settings.memory, settings.database_url) == ("127.0.0.1", 8000, False, None)


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_every_setting_can_be_made_by_its_variable(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    text, value = OTHER_THAN_DEFAULT[name]
    monkeypatch.setenv(variable_of(getattr(fields(Settings), name)), text)

    settings = load_settings({})

    assert getattr(settings, name) == value != getattr(Settings(), name)


def test_only_the_two_names_that_platforms_set_lack_our_prefix() -> None:
    variables = {field.name: variable_of(field) for field in fields(Settings)}

    assert (variables.pop("port"), variables.pop("database_url")) == ("PORT", "DATABASE_URL")
    assert variables == {name: f"PLAY_{name.upper()}" for name in variables}


def test_the_command_line_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("PLAY_MEMORY", "true")
    monkeypatch.setenv("PLAY_HOST", "0.0.0.0")

    settings = load_settings({"port": "9001", "host": None, "memory": None})

    assert (settings.port, settings.host, settings.memory) == (9001, "0.0.0.0", True)


def test_a_fault_of_the_environment_does_not_matter_where_the_command_line_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "none")

    assert load_settings({"port": "9001"}).port == 9001


def test_an_empty_variable_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(Settings):
        monkeypatch.setenv(variable_of(field), "")

    assert load_settings({}) == Settings()


def test_the_media_lie_in_the_data_folder() -> None:
    assert load_settings({"data": "/srv/play"}).media == Path("/srv/play/media")


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("PORT", "abc", "PORT must be a whole number, not 'abc'."),
        ("PORT", "80.5", "PORT must be a whole number, not '80.5'."),
        ("PORT", "0", "PORT must be between 1 and 65535, not 0."),
        ("PORT", "65536", "PORT must be between 1 and 65535, not 65536."),
        ("PLAY_POOL_SIZE", "0", "PLAY_POOL_SIZE must be between 1 and 500, not 0."),
        ("PLAY_CONNECT_TIMEOUT", "soon", "PLAY_CONNECT_TIMEOUT must be a number, not 'soon'."),
        ("PLAY_CONNECT_TIMEOUT", "nan", "PLAY_CONNECT_TIMEOUT must be between 0.01 and 300, not nan."),
        ("PLAY_STALL_TIMEOUT", "inf", "PLAY_STALL_TIMEOUT must be between 0.01 and 300, not inf."),
        ("PLAY_SOURCE_PORTS", "80,x", "PLAY_SOURCE_PORTS must be a whole number, not 'x'."),
        ("PLAY_SAMPLES", "maybe", "PLAY_SAMPLES must be true or false, not 'maybe'."),
        ("PLAY_SOURCE_PORTS", "80,99999", "PLAY_SOURCE_PORTS must be between 1 and 65535, not 99999."),
        (
            "PLAY_OTLP_ENDPOINT",
            "localhost:4318",
            "PLAY_OTLP_ENDPOINT must begin with http:// or https:// and name a host, not 'localhost:4318'.",
        ),
        ("PLAY_LOG_LEVEL", "loud", "PLAY_LOG_LEVEL must be one of debug, info, warning, error, not 'loud'."),
        (
            "PLAY_ACCEL_REDIRECT",
            "media",
            "PLAY_ACCEL_REDIRECT must begin and end with a slash, like /media/, not 'media'.",
        ),
        (
            "PLAY_TRUSTED_PROXIES",
            "127.0.0.1, nginx",
            "PLAY_TRUSTED_PROXIES must be an address or a network, such as 10.0.0.0/8, not 'nginx'.",
        ),
        (
            "PLAY_FORWARDED_HEADER",
            "x-real-ip",
            "PLAY_FORWARDED_HEADER must be one of x-forwarded-for, forwarded, not 'x-real-ip'.",
        ),
        (
            "PLAY_READ_KEYS",
            "hunter2",
            "PLAY_READ_KEYS must be NAME:SHA256 of each key, as `soundverse-play key` prints it.",
        ),
        ("PLAY_READ_KEYS", " , ", "PLAY_READ_KEYS must name something."),
        ("PLAY_KEEP_DELIVERIES", "1", "PLAY_KEEP_DELIVERIES must be between 2 and 36500, not 1."),
        ("PLAY_CACHE_SIZE", "1GB", "PLAY_CACHE_SIZE must be a whole number, not '1GB'."),
        (
            "PLAY_WRITE_RATE",
            "many",
            "PLAY_WRITE_RATE must be like 60/minute (second, minute, hour, day), or off, not 'many'.",
        ),
        ("PLAY_BODY_LIMIT", "10", "PLAY_BODY_LIMIT must be between 1024 and 1073741824, not 10."),
        ("PLAY_COLOUR", "red", "PLAY_COLOUR is not a setting; `soundverse-play settings` shows all."),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str
) -> None:
    monkeypatch.setenv(variable, text)

    assert refusal() == [said]


def test_a_switch_is_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAY_MEMORY", "perhaps")

    [said] = refusal()

    assert said.startswith("PLAY_MEMORY ")
    assert "perhaps" in said


def test_a_bad_value_on_the_command_line_is_told_by_its_option() -> None:
    assert refusal({"port": "abc"}) == ["--port must be a whole number, not 'abc'."]


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PLAY_ZEBRA", "PLAY_COLOUR", "PORT", "PLAY_LOG_LEVEL"):
        monkeypatch.setenv(variable, "wrong")

    said = refusal({"data": "/srv/play"})

    assert [sentence.split()[0] for sentence in said] == ["PLAY_COLOUR", "PLAY_ZEBRA", "PORT", "PLAY_LOG_LEVEL"]


def test_what_belongs_to_others_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND", "x")
    monkeypatch.setenv("HOST", "x")

    assert load_settings({}) == Settings()


@pytest.mark.parametrize(
    ("texts", "meant"),
    [("true True t YES y on 1", True), ("false False f NO n off 0", False)],
)
def test_yes_and_no_may_be_said_in_every_usual_word(
    monkeypatch: pytest.MonkeyPatch, texts: str, *, meant: bool
) -> None:
    for text in texts.split():
        monkeypatch.setenv("PLAY_SAMPLES", text)

        assert load_settings({}).samples is meant


def test_a_secret_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAY_WRITE_KEYS", SECRET)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://play:{SECRET}@db/play")
    settings = load_settings({})

    assert settings.write_keys == (SECRET,)
    assert SECRET not in repr(settings) + str(settings) + described(settings)
    assert "PLAY_WRITE_KEYS=(set, not shown)" in described(settings)
    assert "DATABASE_URL=(set, not shown)" in described(settings)


def test_a_secret_is_not_shown_when_other_settings_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAY_WRITE_KEYS", SECRET)
    monkeypatch.setenv("PORT", "abc")

    assert SECRET not in "".join(refusal())


def test_every_setting_is_shown_with_its_value_and_what_it_does() -> None:
    shown = described(Settings(data=Path("/srv/play"), source_ports=(80, 443)))

    for field in fields(Settings):
        assert f"{variable_of(field)}=" in shown
        assert field.metadata["about"] in shown
    assert "PLAY_SOURCE_PORTS=80,443\n" in shown
    assert "PLAY_MEMORY=false\n" in shown
    assert "PLAY_POSTGRES_BIN=\n" in shown
    assert "PLAY_WRITE_KEYS=\n" in shown


def test_what_is_shown_can_be_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=Path("/srv/play"), source_ports=(80, 8080), stall_timeout=1.5, log_level="debug")
    lines = [line for line in described(settings).splitlines() if not line.startswith(" ")]
    for line in lines:
        monkeypatch.setenv(*line.split("=", 1))

    assert load_settings({}) == settings


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_every_level_of_the_log_can_be_chosen(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    monkeypatch.setenv("PLAY_LOG_LEVEL", level)

    assert load_settings({}).log_level == level


def test_a_data_folder_may_lie_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("PLAY_DATA", "~/sounds")

    assert load_settings({}).data == Path("/home/somebody/sounds")


def test_a_home_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAY_DATA", "~no-such-user/sounds")

    assert refusal() == ["PLAY_DATA must be a folder, and nobody knows where '~no-such-user/sounds' is."]


def test_who_has_no_home_is_told_to_name_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 54_321)
    monkeypatch.setattr("os.getuid", lambda: 54_321)  # a number that no name belongs to

    assert refusal() == ["PLAY_DATA must be set: this user has no home to keep data in."]
