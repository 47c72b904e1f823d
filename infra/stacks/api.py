"""Where requests come in: the HTTP API and the WebSocket API, each one function behind all of its routes."""

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.function import Function, Shape
from infra.constructs.logs import log_group
from infra.profiles import Profile
from infra.rules import leave
from infra.stacks.runs import SOCKET_STAGE, Runs

FORMAT = {
    "time": "$context.requestTime", "id": "$context.requestId", "ip": "$context.identity.sourceIp",
    "route": "$context.routeKey", "status": "$context.status", "error": "$context.error.message",
}  # fmt: skip


class Api(Stack):
    """`http`, and the functions `api` and `websocket`. Who asks is checked by the code, for tokens of ours and of the
    issuer alike: the gateway knows only one of the two kinds."""

    def __init__(self, scope: Construct, id: str, profile: Profile, runs: Runs) -> None:
        super().__init__(scope, id)
        self._profile = profile
        self.api = self._function(runs, "Api", "The HTTP API.", 1024)
        self.websocket = self._function(runs, "Websocket", "Live news of runs.", 512)
        self.http = gateway.HttpApi(
            self, "Http", create_default_stage=False,
            default_integration=integrations.HttpLambdaIntegration("ToApi", self.api),
        )  # fmt: skip
        self._stage("HttpStage", self.http.api_id, "$default")
        routes = self._routes(runs.socket.ref)
        stage = self._stage("SocketStage", runs.socket.ref, SOCKET_STAGE)
        leave(
            self, "The function checks every token, for there are two kinds and the gateway knows only one; who has "
            "none is answered 401.", "AwsSolutions-APIG4",
        )  # fmt: skip
        leave(self, "API Gateway waits for these functions and tells its caller.", "Serverless-LambdaDLQ")
        for route in routes:
            stage.add_resource_dependency(route)

    def _function(self, runs: Runs, id: str, about: str, memory: int) -> Function:
        shape = Shape("api", f"functions.{id.lower()}.handler", about, 29, memory, self._profile.calls_at_once)
        made = Function(self, id, self._profile, shape, runs.place, runs.common)
        runs.may_act(made)
        return made

    def _routes(self, socket: str) -> list[gateway.CfnRoute]:
        """Connect, disconnect and every message go to the one function."""
        invoke = f"arn:{self.partition}:apigateway:{self.region}:lambda:path/2015-03-31/functions"
        to = gateway.CfnIntegration(
            self, "ToWebsocket", api_id=socket, integration_type="AWS_PROXY",
            integration_uri=f"{invoke}/{self.websocket.function_arn}/invocations",
        )  # fmt: skip
        lambda_.CfnPermission(
            self, "SocketMayCall", action="lambda:InvokeFunction", function_name=self.websocket.function_name,
            principal="apigateway.amazonaws.com",
            source_arn=self.format_arn(service="execute-api", resource=socket, resource_name="*"),
        )  # fmt: skip
        return [
            gateway.CfnRoute(
                self, id, api_id=socket, route_key=key, target=f"integrations/{to.ref}", authorization_type="NONE"
            )
            for id, key in (("Connect", "$connect"), ("Disconnect", "$disconnect"), ("Message", "$default"))
        ]

    def _stage(self, id: str, api: str, name: str) -> gateway.CfnStage:
        """With access logs and a bound on how fast it may be called."""
        group = log_group(self, id, self._profile)
        return gateway.CfnStage(
            self, id, api_id=api, stage_name=name, auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=group.log_group_arn, format=self.to_json_string(FORMAT)
            ),
            default_route_settings=gateway.CfnStage.RouteSettingsProperty(
                throttling_burst_limit=500, throttling_rate_limit=250
            ),
        )  # fmt: skip
