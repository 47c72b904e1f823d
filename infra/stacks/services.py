"""What lasts longer than a function may, on Fargate: the services `stream` (SSE and the /v1 doors) and `worker` (slices
with steps longer than ten minutes).

Where no service is to wait for work, the stream is a function whose URL streams, and there are no workers.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_applicationautoscaling as scale
from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.function import ROOT, Function, Shape
from infra.constructs.logs import log_group
from infra.constructs.queue import Queue
from infra.environment import environment
from infra.profiles import Profile
from infra.rules import leave
from infra.stacks.data import Data
from infra.stacks.network import PRIVATE, Network
from infra.stacks.runs import Runs

PORT = 8000
ADAPTER = "arn:aws:lambda:{region}:753240598075:layer:LambdaAdapterLayerArm64:27"  # Lambda Web Adapter, by AWS
NEEDED = [
    "Dockerfile", "shared", "functions", "statemachines", "scripts/requirements/base.txt",
    "scripts/requirements/aws.txt",
]  # fmt: skip


def steps(most: int) -> list[scale.ScalingInterval]:
    """Tasks by messages: none without one, one for each up to four, then by doubling. Bounds lie between whole numbers,
    for at one of them two intervals would meet."""
    counts = [n for n in (0, 1, 2, 3, 4, 8, 16, 32, 64, 128) if n < most] + [most]
    return [
        scale.ScalingInterval(lower=below + 0.5 if n else 0, upper=n + 0.5 if n < most else None, change=n)
        for below, n in zip([0, *counts], counts, strict=False)
    ]


class Services(Stack):
    """`balancer` or `stream_url`, whichever the profile has; `names` of the services, for their alarms."""

    def __init__(self, scope: Construct, id: str, profile: Profile, network: Network, data: Data, runs: Runs) -> None:
        super().__init__(scope, id)
        self._profile, self._network, self._data, self._runs = profile, network, data, runs
        self.balancer: balancing.ApplicationLoadBalancer | None = None
        self.stream_url: lambda_.FunctionUrl | None = None
        self.stream_function: Function | None = None
        self.services: list[ecs.FargateService] = []
        self.cluster = ecs.Cluster(
            self, "Cluster", vpc=network.vpc, container_insights_v2=ecs.ContainerInsights.ENABLED
            if profile.balancer else ecs.ContainerInsights.DISABLED,
            enable_fargate_capacity_providers=True,
        )  # fmt: skip
        if not profile.balancer:
            leave(self.cluster, "No task runs here until the profile asks for one.", "AwsSolutions-ECS4")
        self._image = ecs.ContainerImage.from_asset(
            str(ROOT), exclude=["*", *(f"!{path}" for path in NEEDED), *(f"!{path}/**" for path in NEEDED)],
            platform=assets.Platform.LINUX_ARM64,
        )  # fmt: skip
        if profile.balancer:
            stream = self._service("Stream", PORT)
            scaling = stream.auto_scale_task_count(min_capacity=profile.streams, max_capacity=10 * profile.streams)
            scaling.scale_on_cpu_utilization("Busy", target_utilization_percent=60)
            self.balancer = self._balanced(stream)
        else:
            self.stream_function, self.stream_url = self._streaming()
        if runs.work is not None:
            self._work(runs.work)

    # How many tasks there are is left to scaling: a number here would be set anew by each deployment.
    def _service(self, id: str, port: int | None = None) -> ecs.FargateService:
        task = ecs.FargateTaskDefinition(
            self, f"{id}Task", cpu=512, memory_limit_mib=1024,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            volumes=[ecs.Volume(name="scratch")],
        )  # fmt: skip
        container = task.add_container(
            id, image=self._image, command=[id.lower()], readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(120),
            environment=environment(self._profile, id.lower(), self._runs.common),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=id.lower(), log_group=log_group(self, id, self._profile)),
            port_mappings=[ecs.PortMapping(container_port=port)] if port else [],
        )  # fmt: skip
        container.add_mount_points(
            ecs.MountPoint(container_path="/tmp", source_volume="scratch", read_only=False)  # noqa: S108
        )
        self._runs.may_act(task.task_role)
        leave(task, "Variables name resources; every secret is fetched by its ARN at run time.", "AwsSolutions-ECS2")
        leave(task, "The image registry's login takes no resource.", "AwsSolutions-IAM5[Resource::*]")
        provider = "FARGATE_SPOT" if self._profile.spot else "FARGATE"
        service = ecs.FargateService(
            self, id, cluster=self.cluster, task_definition=task, vpc_subnets=PRIVATE,
            security_groups=[self._network.code], min_healthy_percent=100, max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True), enable_execute_command=False,
            capacity_provider_strategies=[ecs.CapacityProviderStrategy(capacity_provider=provider, weight=1)],
        )  # fmt: skip
        self.services.append(service)
        return service

    def _work(self, work: Queue) -> None:
        """As many workers as there are messages, taken or not; one that is at work keeps ECS from ending it."""
        profile, queue = self._profile, work.queue
        service = self._service("Worker")
        role = service.task_definition.task_role
        queue.grant_consume_messages(role)
        tasks = self.format_arn(service="ecs", resource="task", resource_name=f"{self.cluster.cluster_name}/*")
        protect = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
        role.add_to_principal_policy(iam.PolicyStatement(actions=protect, resources=[tasks]))
        messages = watch.MathExpression(
            expression="waiting + taken", period=Duration.minutes(1), label="slices for workers", using_metrics={
                "waiting": queue.metric_approximate_number_of_messages_visible(),
                "taken": queue.metric_approximate_number_of_messages_not_visible(),
            },
        )  # fmt: skip
        scaling = service.auto_scale_task_count(min_capacity=profile.workers_ready, max_capacity=profile.workers)
        scaling.scale_on_metric(
            "ByMessages", metric=messages, adjustment_type=scale.AdjustmentType.EXACT_CAPACITY,
            scaling_steps=steps(profile.workers), evaluation_periods=1, cooldown=Duration.minutes(1),
        )  # fmt: skip

    def _balanced(self, service: ecs.FargateService) -> balancing.ApplicationLoadBalancer:
        """Inside the network: CloudFront comes to it by a VPC origin, so that nothing else can."""
        balancer = balancing.ApplicationLoadBalancer(
            self, "Balancer", vpc=self._network.vpc, internet_facing=False, vpc_subnets=PRIVATE,
            security_group=self._network.balancer,
            drop_invalid_header_fields=True, idle_timeout=Duration.minutes(10), deletion_protection=True,
        )  # fmt: skip
        for key, value in (("enabled", "true"), ("bucket", self._data.logs.bucket_name), ("prefix", "balancer")):
            balancer.set_attribute(f"access_logs.s3.{key}", value)
        listener = balancer.add_listener("In", port=80, protocol=balancing.ApplicationProtocol.HTTP, open=False)
        listener.add_targets(
            "Streams", port=PORT, protocol=balancing.ApplicationProtocol.HTTP, targets=[service],
            deregistration_delay=Duration.seconds(60),
            health_check=balancing.HealthCheck(path="/api/v1/health", healthy_http_codes="200"),
        )  # fmt: skip
        return balancer

    def _streaming(self) -> tuple[Function, lambda_.FunctionUrl]:
        """The same ASGI app as the service, behind AWS's adapter that streams what it answers."""
        shape = Shape("stream", "run.sh", "SSE and the /v1 doors.", 900, 1024, self._profile.calls_at_once)
        door = Function(self, "Stream", self._profile, shape, self._runs.place, {
            **self._runs.common, "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap", "PORT": str(PORT),
            "AWS_LWA_INVOKE_MODE": "response_stream", "AWS_LWA_READINESS_CHECK_PATH": "/api/v1/health",
        })  # fmt: skip
        layer = lambda_.LayerVersion.from_layer_version_arn(self, "Adapter", ADAPTER.format(region=self.region))
        door.add_layers(layer)
        self._runs.may_act(door)
        leave(door, "CloudFront waits for it and tells its caller.", "Serverless-LambdaDLQ")
        url = door.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.AWS_IAM, invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM
        )
        return door, url
