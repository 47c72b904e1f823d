"""Deploy a profile step by step, or take it away. Every step may be repeated, and done alone.

    scripts/deploy PROFILE [--dry-run] [--owner EMAIL]
                           [--only check|package|diff|deploy|address|migrate|web|smoke]
    scripts/destroy PROFILE [--dry-run]

The account and region are those of the AWS environment; nothing else of it is read but `TROUPE_URL`, where people
reach it by a name of your own. `--dry-run` only says what it
would do.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from infra.profiles import PROFILES  # noqa: E402

CDK = ["npx", "--yes", "aws-cdk@2.1148.1"]  # the newest major of that package was published by mistake
STACKS = ("observe", "edge", "services", "api", "runs", "data", "network")
KEPT = "the database and its logins, files, logs, the key and the people (stack data), and the web app's bucket"


class Deployment:
    """One profile. With `dry`, commands are said and not done."""

    def __init__(self, profile: str, *, owner: str = "", dry: bool) -> None:
        self.profile, self.owner, self.dry = profile, owner, dry
        self.out = ROOT / "build/cdk" / profile
        url = os.environ.get("TROUPE_URL") or (self.output("edge", "Url") if self.outputs.exists() else "")
        self.environment = {"TROUPE_PROFILE": profile, "CDK_OUTDIR": str(self.out), "TROUPE_URL": url}

    @property
    def outputs(self) -> Path:
        return self.out / "outputs.json"

    def check(self) -> None:
        self.do("scripts/check")

    def package(self) -> None:
        self.do("scripts/package")

    def diff(self) -> None:
        self.do(sys.executable, "infra/app.py")
        self.do(*CDK, "diff", "--app", str(self.out), "--all")

    def deploy(self) -> None:
        self.do(*CDK, "deploy", "--app", str(self.out), "--all", "--require-approval", "broadening", "--outputs-file",
                str(self.outputs))  # fmt: skip

    def address(self) -> None:
        """The first deployment tells where people reach it: people's sign-in and links are then told so too."""
        if not self.environment["TROUPE_URL"]:
            self.environment["TROUPE_URL"] = self.output("edge", "Url")
            self.diff()
            self.deploy()

    def migrate(self) -> None:
        """Until it ends, the new code may meet the old schema: what lacks a table then fails, and is tried again."""
        name = self.output("runs", "MigrateFunction")
        self.do("aws", "lambda", "invoke", "--function-name", name, "--payload", json.dumps({"owner": self.owner}),
                "--cli-binary-format", "raw-in-base64-out", str(self.out / "migrated.json"))  # fmt: skip
        if not self.dry and "errorMessage" in (self.out / "migrated.json").read_text():
            raise SystemExit(f"The migration failed: {(self.out / 'migrated.json').read_text()[:500]}")

    def web(self) -> None:
        """Assets first and for ever, the first page last, so that nobody meets a page without its parts."""
        bucket, dist = self.output("edge", "WebBucket"), str(ROOT / "frontend/dist")
        for_ever = ("--cache-control", "public,max-age=31536000,immutable")
        self.do("aws", "s3", "sync", f"{dist}/assets", f"s3://{bucket}/assets", *for_ever)
        self.do("aws", "s3", "sync", dist, f"s3://{bucket}", "--exclude", "assets/*", "--cache-control", "no-cache")
        distribution = self.output("edge", "Distribution")
        self.do("aws", "cloudfront", "create-invalidation", "--distribution-id", distribution, "--paths", "/*")

    def smoke(self) -> None:
        url = self.output("edge", "Url")
        if self.dry:
            say(f"GET {url}/api/v1/health, {url}/")
            return
        for path in ("/api/v1/health", "/"):
            with urllib.request.urlopen(url + path, timeout=60) as answer:
                say(f"{answer.status} {url}{path}")

    def destroy(self) -> None:
        self.do(sys.executable, "infra/app.py")
        names = [f"troupe-{self.profile}-{stack}" for stack in STACKS]
        self.do(*CDK, "destroy", "--app", str(self.out), "--force", *names)
        say(f"Kept: {KEPT}. docs/deploy.md says how to take them away too.")

    def output(self, stack: str, name: str) -> str:
        """What a stack has told of itself."""
        if not self.outputs.exists():
            if self.dry:
                return f"<{name}>"
            raise SystemExit("There are no outputs yet: scripts/deploy PROFILE --only deploy writes them.")
        return json.loads(self.outputs.read_text())[f"troupe-{self.profile}-{stack}"][name]

    def do(self, *command: str) -> None:
        say("$ " + shlex.join(command))
        if (
            not self.dry
            and subprocess.run(command, cwd=ROOT, env=os.environ | self.environment, check=False).returncode
        ):
            raise SystemExit(f"It ended here: {command[0]} failed. Each step may be repeated: --only STEP.")


def main(verb: str, given: list[str]) -> None:
    parser = argparse.ArgumentParser(prog=f"scripts/{verb}", description=__doc__)
    parser.add_argument("profile", choices=sorted(PROFILES))
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    steps = ("check", "package", "diff", "deploy", "address", "migrate", "web", "smoke")
    if verb == "deploy":
        parser.add_argument("--only", choices=steps, help="this step alone")
        parser.add_argument("--owner", default="", help="the mail address of who shall own the first workspace")
    asked = parser.parse_args(given)
    deployment = Deployment(asked.profile, owner=getattr(asked, "owner", ""), dry=asked.dry_run)
    names = ("destroy",) if verb == "destroy" else (asked.only,) if asked.only else steps
    for name in names:
        say(f"· {name}")
        step: Callable[[], None] = getattr(deployment, name)
        step()


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
