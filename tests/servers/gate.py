"""AWS for other processes: what they ask over the wire is asked of moto, which plays AWS in this process alone.

For the services that speak JSON by X-Amz-Target: SQS, Step Functions, KMS. Set AWS_ENDPOINT_URL to its address.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.servers.aws import client_of
from tests.servers.raw import Seen, raw_server, reply
from troupe.adapters.aws._client import Aws

SERVICES = {"AmazonSQS": "sqs", "AWSStepFunctions": "stepfunctions", "TrentService": "kms"}


@asynccontextmanager
async def gate(aws: Aws) -> AsyncGenerator[str]:
    """Its address, while this lasts."""

    def ask(service: str, operation: str, params: Any) -> bytes:
        client = client_of(aws, service)
        try:
            answer = getattr(client, operation)(**params)
        except client.exceptions.ClientError as wrong:
            said = wrong.response["Error"]
            return reply(400, json.dumps({"__type": said["Code"], "message": said["Message"]}))
        answer.pop("ResponseMetadata")
        return reply(200, json.dumps(answer, default=lambda at: at.timestamp()))

    async def answer(seen: Seen, _writer: asyncio.StreamWriter) -> bytes:
        service, _, operation = seen.headers["x-amz-target"].partition(".")
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        return await asyncio.to_thread(ask, SERVICES[service.partition("_")[0]], snake, json.loads(seen.body))

    async with raw_server(answer) as server:
        yield server.url
