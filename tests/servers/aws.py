"""AWS as moto plays it: botocore is real to its last byte, moto answers in place of the wire."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pytest

from troupe.adapters.aws._client import Aws

REGION = "eu-central-1"
_CLIENTS: WeakKeyDictionary[Aws, dict[str, Any]] = WeakKeyDictionary()
BUCKET, BUS = "troupe-files", "troupe"
GATEWAY = f"https://f6g7h8i9j0.execute-api.{REGION}.amazonaws.com/ws"


@contextmanager
def clouds(**config: Any) -> Generator[Aws]:
    """An account in which there is nothing yet; skips the test where moto is not installed."""
    moto = pytest.importorskip("moto")
    with moto.mock_aws(config=config), _moto_starts_executions():
        aws = Aws(REGION)
        try:
            yield aws
        finally:
            aws.close()


@contextmanager
def states() -> Generator[Aws]:
    """The same, whose Step Functions execute their machines: in threads, in real time."""
    with clouds(stepfunctions={"execute_state_machine": True}) as aws:
        yield aws


@contextmanager
def _moto_starts_executions() -> Generator[None]:
    """moto's interpreter hands the parameters of states:startExecution on in the spelling of the state machine."""
    import boto3

    def spell(params: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name[0].lower() + name[1:]: value for name, value in params.items()}

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register("provide-client-params.sfn.StartExecution", spell)
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = None


def ask(aws: Aws, service: str, operation: str, **params: Any) -> Any:
    """boto3's own answer, for what a test sets up or looks at."""
    return getattr(client_of(aws, service), operation)(**params)


def client_of(aws: Aws, service: str) -> Any:
    """boto3's own client, made once an account, for that takes longer than what it is asked."""
    made = _CLIENTS.setdefault(aws, {})
    if service not in made:
        made[service] = aws.make(service, repeat=True, timeout=20.0, endpoint=None)
    return made[service]


def make_bucket(aws: Aws) -> str:
    ask(aws, "s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return BUCKET


def make_key(aws: Aws) -> str:
    return ask(aws, "kms", "create_key")["KeyMetadata"]["Arn"]


def make_bus(aws: Aws, pattern: dict[str, Any] | None = None) -> tuple[str, Callable[[], list[dict[str, Any]]]]:
    """A bus with one rule, and what the rule has let through since it was last asked."""
    url = ask(aws, "sqs", "create_queue", QueueName="heard")["QueueUrl"]
    arn = ask(aws, "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = pattern or {"source": ["troupe"]}
    ask(aws, "events", "create_event_bus", Name=BUS)
    ask(aws, "events", "put_rule", Name="all", EventBusName=BUS, EventPattern=json.dumps(pattern))
    ask(aws, "events", "put_targets", Rule="all", EventBusName=BUS, Targets=[{"Id": "heard", "Arn": arn}])

    def heard() -> list[dict[str, Any]]:
        found = ask(aws, "sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    return BUS, heard


def mails_of_ses() -> list[bytes]:
    """What SES has been given, raw."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ses.models import ses_backends

    return [sent.raw_data.encode() for sent in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]


def stand(aws: Aws) -> dict[str, str]:
    """What a deployment makes in the account, but for the state machine; the environment that functions are given."""
    from tests.servers.sqs import make_queue

    ask(aws, "sesv2", "create_email_identity", EmailIdentity="example.org")
    return {
        "AWS_REGION": REGION,
        "TROUPE_RUNS_ON": "aws",
        "TROUPE_BUCKET": make_bucket(aws),
        "TROUPE_KMS_KEY": make_key(aws),
        "TROUPE_QUEUE_URL": make_queue(aws, receives=12),
        "TROUPE_SANDBOX_FUNCTION": "sandbox",
        "TROUPE_MAIL_FROM": "troupe@example.org",
        "TROUPE_WEBSOCKET_ENDPOINT": GATEWAY,
    }
