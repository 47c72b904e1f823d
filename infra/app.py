"""The app: `TROUPE_PROFILE=standard|lean|ha CDK_OUTDIR=cdk.out python infra/app.py`, `TROUPE_URL` where it is known.

Neither Docker nor an account is needed.

`python -m infra.rules OUT` does it for every profile, and holds them to cdk-nag's rules too.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # and not this folder, whose `constructs` is not the package of that name

from aws_cdk import App, Tags  # noqa: E402

from infra.profiles import Profile, named  # noqa: E402
from infra.stacks.api import Api  # noqa: E402
from infra.stacks.data import Data  # noqa: E402
from infra.stacks.edge import Edge  # noqa: E402
from infra.stacks.network import Network  # noqa: E402
from infra.stacks.observe import Observe  # noqa: E402
from infra.stacks.runs import Runs  # noqa: E402
from infra.stacks.services import Services  # noqa: E402


def build(app: App, profile: Profile) -> None:
    """Every stack of a profile, in the order in which they need one another."""
    name = f"troupe-{profile.name}"
    network = Network(app, f"{name}-network", profile)
    data = Data(app, f"{name}-data", profile, network)
    runs = Runs(app, f"{name}-runs", profile, network, data)
    api = Api(app, f"{name}-api", profile, runs)
    services = Services(app, f"{name}-services", profile, network, data, runs)
    Edge(app, f"{name}-edge", profile, data, runs, api, services)
    Observe(app, f"{name}-observe", profile, data, runs, api, services)
    for key, value in {"app": "troupe", "profile": profile.name, **profile.tags}.items():
        Tags.of(app).add(key, value, exclude_resource_types=["AWS::RDS::DBProxyTargetGroup"])  # it takes none


def make(profile: str, outdir: str) -> App:
    """The app of a profile, with the context that `cdk` would read from cdk.json."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(outdir=outdir, context=context, analytics_reporting=False)
    build(app, replace(named(profile), url=os.environ.get("TROUPE_URL", "").rstrip("/")))
    return app


if __name__ == "__main__":
    make(os.environ.get("TROUPE_PROFILE", "standard"), os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
