"""The rules that templates are held to: CloudFormation's own, and cdk-nag's AwsSolutions and Serverless.

What a rule finds and we leave is acknowledged beside the thing, with the reason; a test asks for every reason.
"""

import json
from pathlib import Path

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct


def leave(thing: IConstruct, reason: str, *rules: str) -> None:
    """Say why these rules do not hold for a thing and all below it."""
    for rule in rules:
        Validations.of(thing).acknowledge(Acknowledgment(id=rule, reason=reason))


def checked(app: App) -> list[str]:
    """Synthesize; every finding of severity error that nobody has acknowledged, one line each."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    try:
        app.synth()
    except RuntimeError as wrong:
        if "ValidationFailed" not in str(wrong):
            raise
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return sorted(
        f"{violation['ruleName']} {where['constructPath']}: {violation['description']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        if violation.get("severity") == "error"
        for where in violation["violatingConstructs"]
    )
