"""What the studio asks of the API: templates, edges while a text is written, what a field would hold."""

from tests.journeys.house import Client

WRITING = """\
troupe: workflow/v1
name: writing
nodes:
  first: {block: test.noop, with: {value: 1}}
  rows:
    each: {items: "{{ [first.value] }}"}
    nodes:
      inner: {block: test.noop, with: {value: "{{ item }}"}}
      last: {block: test.noop, after: [inner], with: {value: "{{ nobody }}"}}
"""


def test_a_template_is_copied_and_kept(owner: Client) -> None:
    templates = owner.get("/templates").json()["items"]
    sales = next(t for t in templates if t["example"] == "sales")
    assert (sales["kind"], "year of sales" in sales["about"]) == ("workflow", True)
    kept = owner.post("/workflows", json={"text": sales["text"]})
    assert (kept.status_code, kept.json()["title"]) == (201, sales["title"])


def test_a_text_with_a_problem_shows_its_edges(owner: Client) -> None:
    said = owner.post("/workflows/check", json={"text": WRITING}).json()
    assert [p["code"] for p in said["problems"]] == ["unknown_name"]
    assert said["edges"] == [
        {"from": "first", "to": "rows", "kind": "data"},
        {"from": "rows.inner", "to": "rows.last", "kind": "after"},
    ]


def test_a_field_is_tried_on_values(owner: Client) -> None:
    body = {"text": "{{ sum(rows.map(r, r.n)) }}", "scope": {"rows": [{"n": 1}, {"n": 2.5}]}}
    assert owner.post("/expressions", json=body).json() == {"value": 3.5}
    wrong = owner.post("/expressions", json={"text": "a\n{{ rows. }}", "scope": {}})
    assert wrong.status_code == 422
    [problem] = wrong.json()["errors"]
    assert (problem["path"], problem["line"]) == ("text", 2)
