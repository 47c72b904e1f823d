"""Log groups that end: nothing is kept for ever by accident."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.profiles import Profile

DAYS = {
    14: logs.RetentionDays.TWO_WEEKS, 30: logs.RetentionDays.ONE_MONTH, 90: logs.RetentionDays.THREE_MONTHS,
}  # fmt: skip


def log_group(scope: Construct, id: str, profile: Profile) -> logs.LogGroup:
    """A group of the profile's retention; it goes with its stack."""
    return logs.LogGroup(scope, f"{id}Log", retention=DAYS[profile.log_days], removal_policy=RemovalPolicy.DESTROY)
