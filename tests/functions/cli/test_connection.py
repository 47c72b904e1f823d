"""`troupe connection`: a service is connected from a file, its tools looked through, the connection removed."""

import json
from pathlib import Path

from tests.journeys.house import House
from tests.servers.desk import document

SECRET = "canary-of-the-command-line-51"


def test_a_connection_is_made_looked_at_and_removed(house: House, tmp_path: Path) -> None:
    file = tmp_path / "desk.json"
    file.write_text(json.dumps(document(servers=[{"url": "https://desk.example/api"}])))
    add = ("connection", "add", "openapi", "desk", "--config", f"document=@{file}")
    made = house.cli(*add, "--config", "base_url=https://desk.example/api", "--credential", "token=-", stdin=SECRET)
    assert made.returncode == 0, made.stderr
    assert "tools:           4" in made.stdout
    found = house.cli("connection", "tools", "desk", "--find", "throw a ticket away, delete it", "--json")
    assert json.loads(found.stdout)["items"][0]["name"] == "deleteTicket"
    listed = house.cli("connection", "list", "--json").stdout
    assert [c["name"] for c in json.loads(listed)["items"]] == ["desk"]
    assert house.cli("connection", "test", "desk").returncode == 0
    assert house.cli("connection", "refresh", "desk").returncode == 0
    assert house.cli("connection", "approve", "desk", "getTicket").stderr == "Approved: getTicket.\n"
    assert SECRET not in made.stdout + found.stdout + listed + house.log()
    assert house.cli("connection", "remove", "desk").returncode == 0
    assert house.cli("connection", "tools", "desk").returncode == 4


def test_a_service_that_is_not_reached_is_told_so(house: House) -> None:
    made = house.cli("connection", "add", "openapi", "away", "--config", "url=http://127.0.0.1:9/openapi.json")
    assert (made.returncode, "status:          failed" in made.stdout) == (3, True), made.stdout
    assert made.stderr.strip()
    assert house.cli("connection", "remove", "away").returncode == 0


def test_bad_options_are_refused(house: House) -> None:
    assert house.cli("connection", "add", "nothing", "a").returncode == 4
    assert house.cli("connection", "add", "openapi", "a", "--credential", "token").returncode == 2
    assert house.cli("connection", "add", "openapi", "a", "--config", "nope=1").returncode == 2
