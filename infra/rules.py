"""The rules that templates are held to: CloudFormation's own, and cdk-nag's AwsSolutions and Serverless.

`python -m infra.rules OUT` writes all profiles. What a rule finds and we leave is acknowledged beside the thing, with
the reason. Wildcards in resources are the exception: cdk-nag names each by logical ids, which nobody can write down, so
they stand here by what they look like.
"""

import json
import re
import sys
from pathlib import Path

from aws_cdk import Acknowledgment, App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct

WILDCARDS = {
    r"<(Advance|Wait)\w+\.Arn>:\*": "The versions of exactly this function.",
    r"arn:.*:execute-api:.*/ws/\*/@connections/\*": "Clients connected to the one socket; they come and go.",
    r"arn:.*:ecs:.*:task/.*/\*": "Tasks of the one cluster; each has a name of its own when it starts.",
    r"arn:.*:ses:.*:identity/\*": "The senders that this account has verified.",
    r"arn:.*:states:.*:execution:troupe-\w+-run:\*": "Executions of the one machine; each run makes one.",
    r".*:ExportsOutputFnGetAttFiles\w+/\*": "Objects of the one bucket.",
}


def leave(thing: IConstruct, reason: str, *rules: str) -> None:
    """Say why these rules do not hold for a thing and all below it."""
    for rule in rules:
        Validations.of(thing).acknowledge(Acknowledgment(id=rule, reason=reason))


def checked(app: App) -> list[str]:
    """Synthesize under every rule; each finding of severity error that nobody has given a reason for, one line each."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    try:
        app.synth()
    except RuntimeError as wrong:
        if "ValidationFailed" not in str(wrong):
            raise
    return sorted(
        f"{violation['ruleName']} {where['constructPath']}: {violation['description']}"
        for plugin in json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]
        for violation in plugin["violations"]
        if violation.get("severity") == "error" and not _known(violation["ruleName"])
        for where in violation["violatingConstructs"]
    )


def _known(rule: str) -> bool:
    found = re.fullmatch(r"AwsSolutions-IAM5\[Resource::(.*)\]", rule)
    return found is not None and any(re.fullmatch(pattern, found[1]) for pattern in WILDCARDS)


def main(out: Path) -> int:
    """Every profile into a folder of its own below `out`; 1 where one of them breaks a rule."""
    from infra.app import make
    from infra.profiles import PROFILES

    found = [f"{profile}: {line}" for profile in PROFILES for line in checked(make(profile, str(out / profile)))]
    sys.stdout.write(("\n".join(found) or f"{len(PROFILES)} profiles keep every rule.") + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
