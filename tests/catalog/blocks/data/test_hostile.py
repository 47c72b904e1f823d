"""Documents that were written to harm: entities, depth, tags, references, paths."""

import time
from typing import Any

import pytest

from troupe.base.errors import Rejected, TroupeError

LAUGHS = "<!DOCTYPE a [" + '<!ENTITY x0 "lol">' + "".join(
    f'<!ENTITY x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 12)
) + "]><a>&x11;</a>"  # fmt: skip
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
PARAMETER = '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>'


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, PARAMETER, "<a>\x00</a>", "", "<a b='1' b='2'/>"])
@pytest.mark.parametrize("id", ["data.xml_parse", "data.sitemap_parse"])
async def test_xml_that_would_swell_or_fetch_is_refused_at_once(use: Any, id: str, text: str) -> None:
    if id == "data.sitemap_parse" and not text:
        return
    begun = time.monotonic()
    with pytest.raises(Rejected) as caught:
        await use(id, text=text)
    assert caught.value.code in ("bad_xml", "no_sitemap")
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE])
async def test_a_feed_expands_nothing(use: Any, text: str) -> None:
    feed = text.replace("<a>", "<rss version='2.0'><channel><title>").replace("</a>", "</title></channel></rss>")
    try:
        made = await use("data.feed_parse", text=feed)
    except Rejected:
        return
    assert "root:" not in str(made)
    assert len(str(made)) < 1000


@pytest.mark.parametrize("text", ["/etc/passwd", "http://127.0.0.1:9/feed", "file:///etc/passwd"])
async def test_a_feeds_text_is_never_taken_for_a_place(use: Any, text: str) -> None:
    with pytest.raises(Rejected) as caught:
        await use("data.feed_parse", text=text)
    assert caught.value.code == "no_feed"


async def test_a_feeds_html_carries_no_script(use: Any) -> None:
    item = "<item><description>&lt;p onclick='x()'>a&lt;script>b()&lt;/script>&lt;/p></description></item>"
    made = await use("data.feed_parse", text=f"<rss version='2.0'><channel>{item}</channel></rss>")
    assert "script" not in made["entries"][0]["summary"]
    assert "onclick" not in made["entries"][0]["summary"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]",
        "&a a: 1",
        "a: !!binary x",
        "? [1]\n: 2\n? [1]\n: 3",
        "--- 1\n--- 2",
        "a: \x00",
        "%YAML 9.9\n---\na",
        "!x y",
    ],
)  # fmt: skip
async def test_yaml_that_is_more_than_data_is_refused(use: Any, text: str) -> None:
    with pytest.raises(Rejected) as caught:
        await use("data.yaml_parse", text=text)
    assert caught.value.code == "bad_yaml"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("yes", "yes"), ("0o17", 15), ("017", 17), ("1e3", 1000.0), (".nan", None), ("~", None), ("{1: a}", {"1": "a"}),
        ("99999999999999999999", "99999999999999999999"), ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00Z"),
    ],
)  # fmt: skip
async def test_yaml_scalars_are_those_of_version_1_2(use: Any, text: str, data: Any) -> None:
    made = (await use("data.yaml_parse", text=text))["data"]
    assert made == data or (text.startswith("2026") and made.startswith("2026-11-20T09:30:00"))


async def test_a_pattern_in_a_schema_takes_linear_time(use: Any) -> None:
    begun = time.monotonic()
    made = await use("data.json_validate", data="a" * 5000 + "!", schema={"type": "string", "pattern": "^(a+)+$"})
    assert not made["valid"]
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", {"a": {"b c": [1, 2, {"d": 3}]}}), ("a['b c'][0]", 1), ('$.a["b c"][-1].d', 3), ("/a/b c/2/d", 3),
        ("a.*", [[1, 2, {"d": 3}]]),
        ("$['a']['b c'][*]", [1, 2, {"d": 3}]), ("a.x", None), ("a['b c'][9]", None), ("$[0]", None), ("/", None),
    ],
)  # fmt: skip
async def test_paths_lead_where_they_say(use: Any, path: str, value: Any) -> None:
    assert (await use("data.json_select", data={"a": {"b c": [1, 2, {"d": 3}]}}, path=path))["value"] == value


@pytest.mark.parametrize(
    "path", ["a..b", "a[", "a[b]", "a b", "$$", "a[?(@.x)]", "[1:2]", "a.", "a[1", "__import__('x')"]
)
async def test_a_path_that_is_none_is_refused_with_its_place(use: Any, path: str) -> None:
    with pytest.raises(Rejected, match="character") as caught:
        await use("data.json_select", data={}, path=path)
    assert caught.value.code == "bad_path"


async def test_many_stars_do_not_multiply_without_end(use: Any) -> None:
    data: Any = 1
    for _ in range(6):
        data = [data] * 10
    with pytest.raises(TroupeError) as caught:
        await use("data.json_select", data=data, path="[*]" * 6)
    assert caught.value.code == "too_many"
