"""What people reach: one CloudFront distribution for the web app, the API, the streams and the socket."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.constructs.bucket import bucket
from infra.profiles import Profile
from infra.rules import leave
from infra.stacks.api import Api
from infra.stacks.data import Data
from infra.stacks.runs import Runs
from infra.stacks.services import Services

ALL = cloudfront.AllowedMethods.ALLOW_ALL
PASS_ON = cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER
STREAMS = ("/v1/*", "/api/v1/runs/*/events", "/api/v1/conversations/*")  # answers that come in pieces
RULES = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)


class Edge(Stack):
    """`distribution`, and the bucket `web` that it shows."""

    def __init__(
        self, scope: Construct, id: str, profile: Profile, data: Data, runs: Runs, api: Api, services: Services
    ) -> None:
        super().__init__(scope, id)
        self.web = bucket(self, "Web", data.logs)
        shown = origins.S3BucketOrigin.with_origin_access_control(self.web)
        rest = origins.HttpOrigin(f"{api.http.api_id}.execute-api.{self.region}.{self.url_suffix}")
        socket = origins.HttpOrigin(f"{runs.socket.ref}.execute-api.{self.region}.{self.url_suffix}")
        streams = _streams(services)
        self.distribution = cloudfront.Distribution(
            self, "Web app", comment=f"Troupe ({profile.name})", default_root_object="index.html",
            default_behavior=self._web(shown),
            additional_behaviors={
                **{path: _passed(streams) for path in STREAMS},
                "/api/*": _passed(rest), "/login*": _passed(rest), "/logout": _passed(rest), "/ws": _passed(socket),
            },
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3, price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            enable_logging=True, log_bucket=data.logs, log_file_prefix="cloudfront/",
            web_acl_id=self._firewall().attr_arn if profile.firewall else None,
            # The app knows its own pages: what is no file is its first one.
            error_responses=[
                cloudfront.ErrorResponse(
                    http_status=403, response_http_status=200, response_page_path="/index.html", ttl=Duration.seconds(0)
                )
            ],
        )  # fmt: skip
        leave(
            self.distribution, "The certificate of CloudFront's own name allows no other policy; a name of one's own "
            "brings TLS 1.2 with its certificate (docs/deploy.md).", "AwsSolutions-CFR4",
        )  # fmt: skip
        CfnOutput(self, "Url", value=f"https://{self.distribution.distribution_domain_name}")
        CfnOutput(self, "WebBucket", value=self.web.bucket_name)
        CfnOutput(self, "Distribution", value=self.distribution.distribution_id)

    def _web(self, shown: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
        headers = cloudfront.ResponseHeadersPolicy(
            self, "Headers",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=True, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
            ),
        )  # fmt: skip
        return cloudfront.BehaviorOptions(
            origin=shown, viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS, compress=True,
            response_headers_policy=headers,
        )  # fmt: skip

    def _firewall(self) -> waf.CfnWebACL:
        """Amazon's own rules, and a bound for each address. CloudFront takes a firewall of us-east-1 only."""
        no_more = waf.CfnWebACL.OverrideActionProperty(none={})
        rules = [
            waf.CfnWebACL.RuleProperty(
                name=name, priority=number, override_action=no_more, visibility_config=_seen(name),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        name=name, vendor_name="AWS"
                    )
                ),
            )
            for number, name in enumerate(RULES, 1)
        ]  # fmt: skip
        bound = waf.CfnWebACL.RuleProperty(
            name="TooMany", priority=0, action=waf.CfnWebACL.RuleActionProperty(block={}),
            visibility_config=_seen("TooMany"),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(limit=3000, aggregate_key_type="IP")
            ),
        )  # fmt: skip
        return waf.CfnWebACL(
            self, "Firewall", scope="CLOUDFRONT", default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_seen("troupe"), rules=[bound, *rules],
        )  # fmt: skip


def _streams(services: Services) -> cloudfront.IOrigin:
    if services.balancer is not None:
        return origins.VpcOrigin.with_application_load_balancer(
            services.balancer, protocol_policy=cloudfront.OriginProtocolPolicy.HTTP_ONLY,
            read_timeout=Duration.seconds(60),
        )  # fmt: skip
    assert services.stream_url is not None
    return origins.FunctionUrlOrigin.with_origin_access_control(services.stream_url, read_timeout=Duration.seconds(60))


def _passed(origin: cloudfront.IOrigin) -> cloudfront.BehaviorOptions:
    """To code of ours, as it came: nothing of it is kept at the edge."""
    return cloudfront.BehaviorOptions(
        origin=origin, allowed_methods=ALL, cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        origin_request_policy=PASS_ON, viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        compress=False,
    )  # fmt: skip


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
