"""Texts that are hard: patterns that explode, templates in templates, pages that nest, sizes that multiply."""

import time
from collections.abc import Awaitable
from typing import Any

import pytest

from troupe.app.beside import Beside
from troupe.base.errors import Rejected, StepFailed


async def end_of(use: Awaitable[Any]) -> str:
    """How it ended: `done`, or the code of its failure."""
    try:
        await use
    except StepFailed as wrong:
        return wrong.code
    return "done"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(?:a|a)+$", "a" * 40 + "!"), (r"(?:.*,){20}x", "," * 60), (r"(?:x+x+)+y", "x" * 60)],
)
async def test_a_pattern_that_explodes_is_stopped(use: Any, pattern: str, text: str) -> None:
    begun = time.monotonic()
    assert await end_of(use("text.regex", text=text, pattern=pattern)) in ("too_slow", "done")
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("pattern", ["(?:(?:(?:a{999}){999}){999}){999}", "(" * 1000 + ")" * 1000])
async def test_a_pattern_that_is_too_large_ends_in_a_worker_process_and_leaves_the_next_one_working(
    pattern: str,
) -> None:
    beside = Beside(1)
    try:
        end = await end_of(beside.block("text.regex", {"text": "a", "pattern": pattern}, seconds=10))
        assert end in ("bad_pattern", "too_much_memory", "timed_out", "too_slow")
        made: Any = await beside.block("text.regex", {"text": "a", "pattern": "a"}, seconds=30)
        assert made["count"] == 1
    finally:
        await beside.close()


async def test_a_replacement_that_multiplies_is_refused(use: Any) -> None:
    with pytest.raises(Rejected) as caught:
        await use("text.regex", text="a" * 5000, pattern="(a+)", replacement="\\1" * 1000)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{a}} {{ a }} {{a.b}}", "1 1 2"),
        ("{{ a + 1 }} {{}} {a} {{a", "{{ a + 1 }} {{}} {a} {{a"),
        ("{{{a}}}", "{1}"),
        ("{{__class__}}", None),
    ],
)
async def test_a_place_holds_a_name_and_nothing_else(use: Any, text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(Rejected, match="has no value"):
            await use("text.template", text=text, values={"a": 1})
    else:
        assert (await use("text.template", text=text, values={"a": 1, "a.b": 2}))["text"] == expected


async def test_a_template_that_multiplies_is_refused_before_it_is_made(use: Any) -> None:
    with pytest.raises(Rejected) as caught:
        await use("text.template", text="{{a}}" * 1000, values={"a": "x" * 10_000})
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("id", ["text.html_to_markdown", "text.main_content"])
async def test_a_page_without_end_is_read_or_refused_but_breaks_nothing(use: Any, id: str) -> None:
    for html in (
        "<div>" * 20_000,
        "<table>" * 2000,
        "<a href='" * 5000,
        "</p>" * 50_000,
        "<!--" * 9999,
        "\x00<b>\ufffe",
    ):
        assert await end_of(use(id, html=html)) in ("too_deep", "done")


@pytest.mark.parametrize(
    "html", ["<a href='javascript:alert(1)'>x</a>", "<img src=x onerror=alert(1)>", "<svg><script>alert(1)"]
)
async def test_markdown_of_a_page_carries_no_script(use: Any, html: str) -> None:
    assert "alert" not in (await use("text.html_to_markdown", html=html))["markdown"]


@pytest.mark.parametrize(
    "markdown", ["[x](javascript:alert(1))", "![x](data:text/html,alert)", "<img src=x onerror=a()>"]
)
async def test_html_of_markdown_runs_nothing(use: Any, markdown: str) -> None:
    html = (await use("text.markdown_to_html", markdown=markdown))["html"]
    assert "href=" not in html
    assert "<img src=x" not in html
    assert 'src="data:' not in html


async def test_text_that_is_cut_never_exceeds_the_limit(use: Any) -> None:
    for limit in range(1, 30):
        made = await use("text.truncate", text="The quick brown fox jumps over", limit=limit)
        assert len(made["text"]) <= limit
        assert made["truncated"]
