"""The network: a VPC whose subnets are public, private (out by NAT) or isolated, and who may speak to whom in it."""

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.logs import log_group
from infra.profiles import Profile
from infra.rules import leave

PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
HTTPS = ec2.Port.tcp(443)


class Network(Stack):
    """`vpc`, and security groups: `code` is what functions and services run in, `balancer` takes calls from CloudFront,
    `sandbox` may speak to nobody."""

    def __init__(self, scope: Construct, id: str, profile: Profile) -> None:
        super().__init__(scope, id)
        nat = _instance() if profile.egress == "instance" else ec2.NatProvider.gateway()
        self.vpc = ec2.Vpc(
            self, "Vpc", ip_addresses=ec2.IpAddresses.cidr("10.40.0.0/16"), max_azs=profile.zones,
            nat_gateway_provider=nat, nat_gateways=profile.gateways, restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(
                    name="private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20
                ),
                ec2.SubnetConfiguration(
                    name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                ),
            ],
            gateway_endpoints={"s3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)},
        )  # fmt: skip
        self._log_refusals(profile)
        self.code = self._group("Code", "Functions and services.", outbound=True)
        self.sandbox = self._group("Sandbox", "Code of users: it speaks to nobody.")
        self.balancer = self._group("Balancer", "From CloudFront to the streams.")
        inside = ec2.Peer.ipv4(self.vpc.vpc_cidr_block)  # CloudFront's interfaces are in this network
        leave(self.balancer, "The range is the network's own, which the rule cannot read.", "AwsSolutions-EC23")
        self.balancer.add_ingress_rule(inside, ec2.Port.tcp(80), "CloudFront")
        if isinstance(nat, ec2.NatInstanceProviderV2):
            nat.security_group.add_ingress_rule(inside, ec2.Port.all_traffic(), "out")
            leave(
                self.vpc, "The one machine that translates addresses keeps nothing and is replaced, not repaired; its "
                "traffic comes from the network's own range.",
                "AwsSolutions-EC23", "AwsSolutions-EC26", "AwsSolutions-EC28", "AwsSolutions-EC29",
            )  # fmt: skip
        for service in profile.endpoints:
            self._endpoint(service)

    def _group(self, id: str, about: str, *, outbound: bool = False) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, description=about, allow_all_outbound=outbound)

    def _endpoint(self, service: str) -> None:
        endpoint = self.vpc.add_interface_endpoint(
            f"To-{service}", service=ec2.InterfaceVpcEndpointAwsService(service), subnets=PRIVATE, open=False
        )
        endpoint.connections.allow_from(self.code, HTTPS, "our code")

    def _log_refusals(self, profile: Profile) -> None:
        """What was refused at the network's edge is kept; what was let through would cost more than it tells."""
        role = iam.Role(self, "FlowRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        group: logs.LogGroup = log_group(self, "Flow", profile)
        self.vpc.add_flow_log(
            "Refused", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )  # fmt: skip


def _instance() -> ec2.NatInstanceProviderV2:
    """One small machine that translates addresses: a tenth of a gateway's price, and one machine's reliability."""
    return ec2.NatProvider.instance_v2(
        instance_type=ec2.InstanceType("t4g.nano"), default_allowed_traffic=ec2.NatTrafficDirection.OUTBOUND_ONLY,
        machine_image=ec2.MachineImage.latest_amazon_linux2023(cpu_type=ec2.AmazonLinuxCpuType.ARM_64),
        associate_public_ip_address=True,
    )  # fmt: skip
