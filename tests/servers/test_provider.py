"""The scripted provider speaks what the official SDKs read, also where Troupe itself does not go."""

import subprocess
import sys
from pathlib import Path

import httpx2
import openai

from tests.servers.provider import Say, provider_server
from troupe.base.http import Http


async def test_the_responses_api_streamed_and_whole() -> None:
    async with (
        provider_server(Say("Hello, world.", usage=(3, 4))) as server,
        Http([f"127.0.0.1:{server.port}"]) as http,
    ):
        web = httpx2.AsyncClient(transport=http.transport, trust_env=False)
        client = openai.AsyncOpenAI(api_key="k", base_url=f"{server.url}/v1", max_retries=0, http_client=web)
        whole = await client.responses.create(model="m", input="hi")
        assert (whole.output_text, whole.usage and whole.usage.input_tokens) == ("Hello, world.", 3)
        pieces = [e async for e in await client.responses.create(model="m", input="hi", stream=True)]
        assert "".join(e.delta for e in pieces if e.type == "response.output_text.delta") == "Hello, world."
        plain = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        assert plain.choices[0].message.content == "Hello, world."
        await web.aclose()


def test_it_runs_by_itself_for_load_tests() -> None:
    """Started as a process it says where it listens, answers, and goes when it is told to."""
    script = Path(__file__).with_name("provider.py")
    with subprocess.Popen(
        [sys.executable, str(script), "--delay", "0-0.01", "--text", "hey"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            url = server.stdout.readline().split()[-1]
            body = {"model": "m", "messages": []}
            with httpx2.Client(trust_env=False) as client:
                answer = client.post(f"{url}/v1/chat/completions", json=body).json()
            assert answer["choices"][0]["message"]["content"] == "hey"
        finally:
            server.terminate()
