"""`troupe provider`: a provider is set, tried and removed from the command line; its key is never shown."""

import json

from tests.journeys.house import House

SECRET = "canary-of-a-provider-77"
SET = ("provider", "set", "mine", "--kind", "openai", "--base-url", "https://models.example/v1")


def test_a_provider_is_set_listed_and_removed(house: House) -> None:
    made = house.cli(*SET, "--price", "one=1,2.5", stdin=f"{SECRET}\n")
    assert made.returncode == 0, made.stderr
    assert "has key:         true" in made.stdout
    listed = house.cli("provider", "list", "--json")
    found = next(p for p in json.loads(listed.stdout)["items"] if p["name"] == "mine")
    assert (found["has_key"], found["prices"]) == (True, {"one": {"input": 1, "output": 2.5}})
    kept = house.cli(*SET, "--json", stdin="")
    assert json.loads(kept.stdout)["has_key"] is True
    assert SECRET not in made.stdout + made.stderr + listed.stdout + kept.stdout + house.log()
    assert house.cli("provider", "remove", "mine").stderr == "Removed.\n"
    assert house.cli("provider", "remove", "mine").returncode == 4


def test_one_that_is_not_reached_says_so(house: House) -> None:
    assert house.cli("provider", "set", "away", "--kind", "openai", "--base-url", "http://127.0.0.1:9").returncode == 0
    tried = house.cli("provider", "test", "away", "--model", "m")
    assert (tried.returncode, "127.0.0.1:9" in tried.stderr) == (3, True), tried.stderr
    house.cli("provider", "remove", "away")


def test_bad_options_are_refused(house: House) -> None:
    assert house.cli(*SET, "--key-env", "NO_SUCH_VARIABLE_HERE").returncode == 2
    assert house.cli(*SET, "--price", "one=cheap").returncode == 2
    assert house.cli("provider", "set", "mine", "--kind", "nothing").returncode == 2
