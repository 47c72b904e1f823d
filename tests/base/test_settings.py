"""Settings come from the environment alone, and a wrong one is named."""

from pathlib import Path

import pytest

from troupe.base.errors import BadInput
from troupe.base.settings import Settings, read_settings

INTERFACE = {
    "REDIS_URL",
    "TROUPE_DATABASE_URL",
    "TROUPE_EGRESS_ALLOW",
    "TROUPE_HOME",
    "TROUPE_KILL_AT",
    "TROUPE_LEASE_SECONDS",
    "TROUPE_MAX_RECOVERIES",
    "TROUPE_OWNER_PASSWORD",
    "TROUPE_PORT",
    "TROUPE_PROVIDERS",
    "TROUPE_REAL_MODELS",
    "TROUPE_TEST",
    "TROUPE_TOKEN",
    "TROUPE_URL",
}


def test_every_variable_of_the_interface_is_there():
    assert {field.alias for field in Settings.model_fields.values()} >= INTERFACE


def test_without_a_variable_the_defaults_hold():
    settings = read_settings({})
    assert (settings.host, settings.port, settings.egress_allow, settings.real_models) == ("127.0.0.1", 8000, "", "on")
    assert settings.home.is_absolute()


def test_variables_are_read_and_what_is_given_wins():
    settings = read_settings(
        {"TROUPE_PORT": "9000", "TROUPE_HOME": "/x", "TROUPE_EGRESS_ALLOW": "a:1, 10.0.0.0/8,"}, port=7
    )
    assert (settings.port, settings.home, settings.egress_entries()) == (7, Path("/x"), ["a:1", "10.0.0.0/8"])


def test_an_empty_variable_counts_as_none():
    assert read_settings({"TROUPE_DATABASE_URL": "", "TROUPE_PORT": ""}).database_url is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("TROUPE_PORT", "x"), ("TROUPE_PORT", "70000"), ("TROUPE_LEASE_SECONDS", "0"), ("TROUPE_REAL_MODELS", "maybe"),
     ("TROUPE_MAX_RECOVERIES", "-1"), ("TROUPE_PROVIDERS", "{"), ("TROUPE_PROVIDERS", '{"x": {"kind": "nobody"}}'),
     ("TROUPE_PROVIDERS", '{"x": {"kind": "openai", "typo": 1}}'), ("TROUPE_TEST", "perhaps")],
)  # fmt: skip
def test_a_wrong_value_names_its_variable(name, value):
    with pytest.raises(BadInput) as wrong:
        read_settings({name: value})
    assert wrong.value.problems[0].path.startswith(name)


def test_a_providers_key_is_read_from_the_variable_it_names():
    providers = (
        '{"fake": {"kind": "openai", "base_url": "http://127.0.0.1:9/v1", "key_env": "K"}, "none": {"kind": "openai"}}'
    )
    settings = read_settings({"TROUPE_PROVIDERS": providers, "K": "CANARY"})
    key = settings.providers["fake"].key
    assert key
    assert (key.get_secret_value(), settings.providers["none"].key) == ("CANARY", None)


def test_no_secret_shows_when_settings_are_printed():
    names = ["TROUPE_TOKEN", "TROUPE_DATABASE_URL", "REDIS_URL", "TROUPE_OWNER_PASSWORD", "TROUPE_SMTP_URL",
             "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "AWS_ACCESS_KEY_ID"]  # fmt: skip
    settings = read_settings(dict.fromkeys(names, "CANARY"))
    assert "CANARY" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(("told", "at"), [
    ({}, "127.0.0.1:11434"), ({"TROUPE_HOST": "0.0.0.0"}, ""), ({"TROUPE_RUNS_ON": "aws"}, ""),
    ({"TROUPE_OLLAMA": "off"}, ""), ({"TROUPE_HOST": "0.0.0.0", "TROUPE_OLLAMA": "gpu.example:1"}, "gpu.example:1"),
])  # fmt: skip
def test_an_ollama_is_reached_by_itself_only_where_nobody_else_comes_in(told: dict[str, str], at: str) -> None:
    assert read_settings(told).ollama_at() == at
