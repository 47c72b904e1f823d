"""A function as all of ours are: arm64, its own role with no more than it needs, logs that end, a bound on how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Annotations, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.logs import log_group
from infra.environment import environment
from infra.profiles import Profile
from infra.rules import leave

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = lambda_.Runtime.PYTHON_3_14
NETWORK = [
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where in the network a function runs."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    group: ec2.ISecurityGroup


@dataclass(frozen=True)
class Shape:
    """`package`: the folder below build/; `handler`: `functions.NAME.handler`; `at_once`: how many at most."""

    package: str
    handler: str
    about: str
    seconds: int = 30
    memory: int = 1024
    at_once: int | None = None


class Function(lambda_.Function):
    """One door."""

    def __init__(
        self, scope: Construct, id: str, profile: Profile, shape: Shape, place: Place, more: Mapping[str, str]
    ) -> None:
        group = log_group(scope, id, profile)
        role = iam.Role(
            scope, f"{id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=shape.about
        )
        super().__init__(
            scope, id, runtime=RUNTIME, architecture=lambda_.Architecture.ARM_64, code=code_of(scope, shape.package),
            handler=shape.handler, description=shape.about, timeout=Duration.seconds(shape.seconds),
            memory_size=shape.memory, reserved_concurrent_executions=shape.at_once, role=role, log_group=group,
            vpc=place.vpc, vpc_subnets=place.subnets, security_groups=[place.group],
            tracing=lambda_.Tracing.ACTIVE if profile.tracing else lambda_.Tracing.DISABLED,
            environment=environment(profile, id.lower(), more),
        )  # fmt: skip
        group.grant_write(role)
        reason = "Network interfaces of a function have no names before they are made; X-Ray takes no resource."
        leave(role, reason, "AwsSolutions-IAM5[Resource::*]")
        # A function in a VPC makes its own network interfaces, whose names nobody knows before: EC2 takes only * here.
        role.add_to_policy(iam.PolicyStatement(actions=NETWORK, resources=["*"]))


def code_of(scope: Construct, package: str) -> lambda_.Code:
    """The folder that `scripts/package` made; where it was not made, one that says so and can be synthesized."""
    folder = ROOT / "build" / package
    if not folder.is_dir():
        Annotations.of(scope).add_info(f"build/{package} is not there: scripts/package makes it before a deployment.")
        folder = ROOT / "statemachines"
    return lambda_.Code.from_asset(str(folder))
