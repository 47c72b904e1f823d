"""What makes runs go on: the state machine, the queue, the bus, the clock, the line to listeners, and the functions."""

import json
from pathlib import Path

from aws_cdk import ArnFormat, CfnOutput, Duration, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_stepfunctions as states
from constructs import Construct

from infra.constructs.function import Function, Place, Shape
from infra.constructs.logs import log_group
from infra.constructs.queue import Queue
from infra.profiles import Profile
from infra.rules import leave
from infra.stacks.data import Data
from infra.stacks.network import ISOLATED, PRIVATE, Network

ROOT = Path(__file__).resolve().parents[2]
SLICE = 900  # seconds that a slice may take: the longest that a function lives
JOBS = 300
WORK = 90  # seconds that a worker has a message for; it renews them while it is at work
BATCH = 10
SOCKET_STAGE = "ws"
COLON = ArnFormat.COLON_RESOURCE_NAME


class Runs(Stack):
    """`machine`, `jobs`, `work` (where there are workers), `bus`, `common` (what every door must know), and each
    function by its name."""

    def __init__(self, scope: Construct, id: str, profile: Profile, network: Network, data: Data) -> None:
        super().__init__(scope, id)
        self._profile, self._data = profile, data
        self.place = Place(network.vpc, PRIVATE, network.code)
        self.jobs = Queue(self, "Messages", data.key, 6 * JOBS)
        self.work = Queue(self, "Work", data.key, WORK) if profile.workers else None
        self.bus = events.EventBus(self, "Bus", event_bus_name=f"troupe-{profile.name}", kms_key=data.key)
        self.socket = gateway.CfnApi(
            self, "Socket", name=f"troupe-{profile.name}-news", protocol_type="WEBSOCKET",
            route_selection_expression="$request.body.type",
        )  # fmt: skip
        self.sandbox = Function(
            self, "Sandbox", profile,
            Shape("sandbox", "functions.sandbox.handler", "Runs code of users: no rights, no network.", 60, 1024, 50),
            Place(network.vpc, ISOLATED, network.sandbox), {"MONTY_BIN": "/var/task/bin/monty"},
        )  # fmt: skip
        self.machine_arn = self.format_arn(
            service="states", resource="stateMachine", resource_name=f"troupe-{profile.name}-run", arn_format=COLON
        )
        self.common = self._known()
        self.advance = self._function("Advance", "One slice of a run.", SLICE, 2048, profile.advance_at_once)
        self.wait = self._function(
            "Wait", "Keeps the token by which a waiting run is woken.", 30, 512, profile.advance_at_once
        )
        self.jobs_function = self._function("Jobs", "Batches of the queue: short programs, messages.", JOBS, 2048, 20)
        self.sweep = self._function("Sweep", "What is due, what was left, what is to be removed.", SLICE, 1024, 1)
        self.migrate = self._function("Migrate", "Brings the database up to date before new code meets it.", SLICE)
        self._own_the_database(self.migrate)
        CfnOutput(self, "MigrateFunction", value=self.migrate.function_name)
        self.machine = self._machine()
        self._listen()
        self._tick()
        leave(
            self, "A caller waits for these functions or calls them again (Step Functions, SQS, the sweep of the next "
            "hour); nothing is sent to them and forgotten.", "Serverless-LambdaDLQ",
        )  # fmt: skip
        for door in (self.advance, self.wait, self.jobs_function, self.sweep, self.migrate):
            self.may_act(door)

    def _known(self) -> dict[str, str]:
        data, profile = self._data, self._profile
        return {
            "TROUPE_DATABASE_SECRET": data.login.secret_arn, "TROUPE_DATABASE_HOST": data.host,
            "TROUPE_BUCKET": data.files.bucket_name, "TROUPE_KMS_KEY": data.key.key_arn,
            "TROUPE_CACHE_HOST": data.cache.attr_endpoint_address, "TROUPE_CACHE_NAME": data.cache_user,
            "TROUPE_CACHE_USER": data.cache_user, "TROUPE_QUEUE_URL": self.jobs.queue.queue_url,
            "TROUPE_EVENT_BUS": self.bus.event_bus_name,
            "TROUPE_STATE_MACHINE": self.machine_arn, "TROUPE_FIRST_SLICE": profile.first_slice,
            "TROUPE_SANDBOX_FUNCTION": self.sandbox.function_name, "TROUPE_WEBSOCKET_ENDPOINT": self._socket_url(),
            "TROUPE_OIDC_ISSUER": data.pool.user_pool_provider_url,
            "TROUPE_OIDC_AUDIENCE": data.client.user_pool_client_id,
            **({"TROUPE_WORK_QUEUE": self.work.queue.queue_url} if self.work else {}),
            **({"TROUPE_URL": profile.url} if profile.url else {}),
            **({"TROUPE_MAIL_FROM": profile.mail_from} if profile.mail_from else {}),
        }  # fmt: skip

    def _socket_url(self) -> str:
        return f"https://{self.socket.ref}.execute-api.{self.region}.{self.url_suffix}/{SOCKET_STAGE}"

    def _function(self, id: str, about: str, seconds: int, memory: int = 1024, at_once: int | None = None) -> Function:
        shape = Shape("runs", f"functions.{id.lower()}.handler", about, seconds, memory, at_once)
        return Function(self, id, self._profile, shape, self.place, self.common)

    def _own_the_database(self, door: Function) -> None:
        """The owner's login, for the one function that changes the schema."""
        owner = self._data.cluster.secret
        assert owner is not None
        door.add_environment("TROUPE_LOGIN_SECRET", self._data.login.secret_arn)
        door.add_environment("TROUPE_DATABASE_SECRET", owner.secret_arn)
        allowed = iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[owner.secret_arn])
        door.add_to_role_policy(allowed)

    def _machine(self) -> states.StateMachine:
        text = (ROOT / "statemachines/run.asl.json").read_text()
        json.loads(text)
        role = iam.Role(self, "MachineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        machine = states.StateMachine(
            self, "Machine", state_machine_name=f"troupe-{self._profile.name}-run", role=role,
            definition_body=states.DefinitionBody.from_string(text),
            definition_substitutions={
                "AdvanceFunction": self.advance.function_arn, "WaitFunction": self.wait.function_arn,
            },
            logs=states.LogOptions(
                destination=log_group(self, "Machine", self._profile), level=states.LogLevel.ERROR,
                include_execution_data=False,
            ),
            tracing_enabled=self._profile.tracing,
        )  # fmt: skip
        invoke = [arn for door in (self.advance, self.wait) for arn in door.resource_arns_for_grant_invoke]
        role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=invoke))
        if self.work is not None:
            queue, key = self.work.queue.queue_arn, self._data.key.key_arn
            keyed = ["kms:GenerateDataKey", "kms:Decrypt"]
            role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue]))
            role.add_to_policy(iam.PolicyStatement(actions=keyed, resources=[key]))
        leave(role, "X-Ray and the delivery of logs take no resource.", "AwsSolutions-IAM5[Resource::*]")
        leave(
            machine, "Each step is in the journal already; errors are logged, and all events would cost more than "
            "the run.", "AwsSolutions-SF1",
        )  # fmt: skip
        if not self._profile.tracing:
            reason = "The journal has every step with its times; tracing is the other profiles' choice."
            leave(machine, reason, "AwsSolutions-SF2", "Serverless-StepFunctionStateMachineXray")
        # It starts the runs below a run, and for very many a distributed map of its own.
        role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.machine_arn]))
        return machine

    def _listen(self) -> None:
        leave(
            self.jobs_function, "The queue itself hands what fails to its dead letters.",
            "Serverless-LambdaEventSourceMappingDestination",
        )  # fmt: skip
        self.jobs_function.add_event_source(
            sources.SqsEventSource(
                self.jobs.queue, batch_size=BATCH, max_concurrency=20, report_batch_item_failures=True,
                max_batching_window=Duration.seconds(0),
            )
        )  # fmt: skip

    def _tick(self) -> None:
        """A tick that is lost is made good by the next one."""
        rule = events.Rule(
            self, "Now", schedule=events.Schedule.expression(self._profile.sweep), description="The safety sweep."
        )
        leave(rule, "A tick that is lost is made good by the next one.", "Serverless-EventBusDLQ")
        rule.add_target(targets.LambdaFunction(self.sweep, retry_attempts=2))

    def may_act(self, door: lambda_.Function | iam.IGrantable) -> None:
        """What code that advances or starts runs needs."""
        self._data.may_use_data(door)
        execution = self.format_arn(
            service="states", resource="execution", resource_name=f"troupe-{self._profile.name}-run:*",
            arn_format=COLON,
        )  # fmt: skip
        listeners = self.format_arn(
            service="execute-api", resource=self.socket.ref, resource_name=f"{SOCKET_STAGE}/*/@connections/*"
        )
        statements = {
            ("execute-api:ManageConnections",): [listeners],
            ("sqs:SendMessage", "sqs:GetQueueAttributes"): [self.jobs.queue.queue_arn],
            ("states:StartExecution",): [self.machine_arn],
            ("states:StopExecution", "states:DescribeExecution"): [execution],
            # Answers to a token name no resource.
            ("states:SendTaskSuccess", "states:SendTaskFailure", "states:SendTaskHeartbeat"): ["*"],
            ("events:PutEvents",): [self.bus.event_bus_arn],
            ("lambda:InvokeFunction",): [self.sandbox.function_arn],
            ("ses:SendEmail", "ses:SendRawEmail"): [self.format_arn(service="ses", resource="identity/*")],
        }
        for actions, resources in statements.items():
            door.grant_principal.add_to_principal_policy(
                iam.PolicyStatement(actions=list(actions), resources=resources)
            )
