"""What a deployment is made of: kept, locked, small where it is to be small, and in step with the code."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import Templates
from troupe.base.settings import Settings, read_settings

pytestmark = pytest.mark.timeout(300)
ASL = Path(__file__).parents[2] / "statemachines/run.asl.json"
KEPT = (
    "AWS::RDS::DBCluster", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Cognito::UserPool", "AWS::SecretsManager::Secret",
)  # fmt: skip
FIXED_PRICE = ("AWS::EC2::NatGateway", "AWS::RDS::DBProxy", "AWS::ElasticLoadBalancingV2::LoadBalancer")
SAMPLES = {"TROUPE_WEBSOCKET_ENDPOINT": "https://a.example/ws", "TROUPE_OIDC_ISSUER": "https://a.example/pool"}


def test_what_holds_data_stays_when_its_stack_goes(templates: Templates) -> None:
    for kind in KEPT:
        found = list(templates.all(kind))
        assert found, kind
        for name, resource in found:
            assert resource.get("DeletionPolicy") == "Retain", name
            assert resource.get("UpdateReplacePolicy") == "Retain", name


def test_what_holds_data_is_encrypted_and_nobody_reads_it_from_outside(templates: Templates) -> None:
    for name, cluster in templates.all("AWS::RDS::DBCluster"):
        given = cluster["Properties"]
        assert (given["StorageEncrypted"], given["DeletionProtection"]) == (True, True), name
    for name, instance in templates.all("AWS::RDS::DBInstance"):
        assert instance["Properties"]["PubliclyAccessible"] is False, name
    for name, bucket in templates.all("AWS::S3::Bucket"):
        given = bucket["Properties"]
        assert given["BucketEncryption"], name
        assert set(given["PublicAccessBlockConfiguration"].values()) == {True}, name
    for name, cache in templates.all("AWS::ElastiCache::ServerlessCache"):
        assert cache["Properties"]["KmsKeyId"], name
    for name, queue in templates.all("AWS::SQS::Queue"):
        assert queue["Properties"]["KmsMasterKeyId"], name


def test_nothing_is_spoken_in_the_clear(templates: Templates) -> None:
    groups = [r["Properties"]["Parameters"] for _, r in templates.all("AWS::RDS::DBClusterParameterGroup")]
    assert groups == [{"rds.force_ssl": "1"}]
    plain = '"aws:SecureTransport": "false"'
    buckets = len(list(templates.all("AWS::S3::Bucket")))
    assert sum(plain in json.dumps(r) for _, r in templates.all("AWS::S3::BucketPolicy")) == buckets
    queues = len(list(templates.all("AWS::SQS::Queue")))
    assert sum(plain in json.dumps(r) for _, r in templates.all("AWS::SQS::QueuePolicy")) == queues
    for name, shown in templates.all("AWS::CloudFront::Distribution"):
        config = shown["Properties"]["DistributionConfig"]
        ways = [b["ViewerProtocolPolicy"] for b in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]]
        assert set(ways) <= {"https-only", "redirect-to-https"}, name


def test_a_sandbox_may_do_nothing_and_speak_to_nobody(templates: Templates) -> None:
    function = next(r for n, r in templates.all("AWS::Lambda::Function") if "/Sandbox" in n)
    role = function["Properties"]["Role"]["Fn::GetAtt"][0]
    actions = {
        action
        for _, policy in templates.all("AWS::IAM::Policy")
        if {"Ref": role} in policy["Properties"]["Roles"]
        for action in actions_of(policy)
    }
    assert {action.split(":")[0] for action in actions} <= {"ec2", "logs", "xray"}
    assert actions
    group = next(r for n, r in templates.all("AWS::EC2::SecurityGroup") if "/Sandbox" in n)["Properties"]
    assert [e["CidrIp"] for e in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]
    assert "SecurityGroupIngress" not in group


def test_lean_has_nothing_with_a_fixed_price_and_lets_its_database_sleep(lean: Templates) -> None:
    for kind in FIXED_PRICE:
        assert not list(lean.all(kind)), kind
    kinds = [r["Properties"].get("VpcEndpointType", "Gateway") for _, r in lean.all("AWS::EC2::VPCEndpoint")]
    assert set(kinds) == {"Gateway"}
    _, cluster = next(lean.all("AWS::RDS::DBCluster"))
    scaling = cluster["Properties"]["ServerlessV2ScalingConfiguration"]
    assert (scaling["MinCapacity"], scaling["SecondsUntilAutoPause"]) == (0, 300)
    assert [r["Properties"]["ScheduleExpression"] for _, r in lean.all("AWS::Events::Rule")] == ["rate(6 hours)"]
    assert not list(lean.all("AWS::ECS::Service"))


def test_all_functions_at_once_find_room_in_the_database_and_in_an_account(templates: Templates) -> None:
    """A container holds four connections at most. Aurora has one for 9.5 MB of the most memory it may grow to, and
    2,000 at most where it may shrink to half a unit; an account has 1,000 calls at once, 100 of them unreserved."""
    reserved = {
        name.split("/")[1][:7]: function["Properties"].get("ReservedConcurrentExecutions")
        for name, function in templates.all("AWS::Lambda::Function")
        if function["Properties"]["Handler"] != "functions.migrate.handler"
    }
    assert all(reserved.values()), reserved
    assert sum(reserved.values()) <= 900
    _, cluster = next(templates.all("AWS::RDS::DBCluster"))
    units = cluster["Properties"]["ServerlessV2ScalingConfiguration"]
    most = min(units["MaxCapacity"] * 2 * 2**30 / 9_531_392, 5000, 2000 if units["MinCapacity"] <= 0.5 else 5000)
    without = [count for name, count in reserved.items() if not name.startswith("Sandbox")]
    assert 4 * sum(without) <= most


def actions_of(policy: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        action = statement["Action"]
        found += [action] if isinstance(action, str) else action
    return found


def given_to(function: dict[str, Any]) -> dict[str, str]:
    """The environment of a function; what is known only in an account is a sample."""
    variables = function["Properties"].get("Environment", {}).get("Variables", {})
    return {k: v if isinstance(v, str) else SAMPLES.get(k, "sample") for k, v in variables.items()}


def test_every_function_can_read_its_settings(templates: Templates) -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    for name, function in templates.all("AWS::Lambda::Function"):
        variables = given_to(function)
        assert {v for v in variables if v.startswith("TROUPE_")} <= known, name
        assert read_settings(variables).runs_on == "aws", name


def test_every_handler_is_there(templates: Templates) -> None:
    for name, function in templates.all("AWS::Lambda::Function"):
        module, _, attribute = function["Properties"]["Handler"].rpartition(".")
        if module.startswith("functions."):
            assert callable(getattr(importlib.import_module(module), attribute)), name
        else:
            assert function["Properties"]["Handler"] == "run.sh", name


def test_the_state_machine_is_given_what_its_text_asks_for(templates: Templates) -> None:
    _, machine = next(templates.all("AWS::StepFunctions::StateMachine"))
    asked = set(re.findall(r"\$\{(\w+)\}", ASL.read_text()))
    assert set(machine["Properties"]["DefinitionSubstitutions"]) == asked


def test_no_permission_is_for_everything_without_a_reason(templates: Templates) -> None:
    for name, policy in templates.all("AWS::IAM::Policy"):
        assert not [action for action in actions_of(policy) if action == "*" or action.endswith(":*")], name
