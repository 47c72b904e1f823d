"""What is watched: alarms to one topic, and a dashboard with the same figures."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as watch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.profiles import Profile
from infra.stacks.api import Api
from infra.stacks.data import Data
from infra.stacks.runs import Runs
from infra.stacks.services import Services

FIVE = Duration.minutes(5)


class Observe(Stack):
    """Few alarms, each of which means that somebody has to do something; docs/deploy.md says what."""

    def __init__(
        self, scope: Construct, id: str, profile: Profile, data: Data, runs: Runs, api: Api, services: Services
    ) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(
            self, "Alarms", master_key=kms.Alias.from_alias_name(self, "SnsKey", "alias/aws/sns"), enforce_ssl=True
        )
        functions: list[lambda_.IFunction] = [
            api.api, api.websocket, runs.advance, runs.wait, runs.jobs_function, runs.sweep, runs.sandbox,
        ]  # fmt: skip
        self._figures: list[watch.IWidget] = []
        self._alarm(
            "Failures", "Executions of runs that nobody could advance.", runs.machine.metric_failed(period=FIVE), 5
        )
        self._alarm("Errors", "Functions fail.", _all("Errors", functions), 10)
        self._alarm("Throttles", "More is asked of functions than they may do.", _all("Throttles", functions), 10)
        self._alarm(
            "Backlog", "Messages wait for longer than ten minutes.",
            runs.jobs.queue.metric_approximate_age_of_oldest_message(period=FIVE), 600,
        )  # fmt: skip
        self._alarm(
            "Dead letters", "Messages that could not be dealt with.",
            _dead(runs), 1,
        )  # fmt: skip
        self._alarm(
            "Exhaustion", "The database is at nine tenths of what it may grow to.",
            data.cluster.metric("ACUUtilization", period=FIVE, statistic="Maximum"), 90,
        )  # fmt: skip
        self._alarm(
            "Refusals", "The API answers with errors of its own.", api.http.metric_server_error(period=FIVE), 10
        )
        for service in services.services if profile.balancer else []:
            name = service.node.id
            self._alarm(f"{name} busy", f"{name} has no room left.", service.metric_cpu_utilization(period=FIVE), 90)
        watch.Dashboard(self, "Dashboard", dashboard_name=f"troupe-{profile.name}", widgets=[self._figures])
        CfnOutput(self, "AlarmTopic", value=self.topic.topic_arn)

    def _alarm(self, id: str, about: str, metric: watch.IMetric, threshold: float) -> None:
        alarm = watch.Alarm(
            self, id, metric=metric, threshold=threshold, evaluation_periods=1, alarm_description=about,
            comparison_operator=watch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=watch.TreatMissingData.NOT_BREACHING,
        )  # fmt: skip
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
        self._figures.append(watch.GraphWidget(title=id, left=[metric], width=8))


def _dead(runs: Runs) -> watch.MathExpression:
    queues = [queue.dead for queue in (runs.jobs, runs.work) if queue is not None]
    parts = {f"q{i}": q.metric_approximate_number_of_messages_visible(period=FIVE) for i, q in enumerate(queues)}
    return watch.MathExpression(expression=" + ".join(parts), using_metrics=parts, period=FIVE, label="Dead letters")


def _all(name: str, functions: list[lambda_.IFunction]) -> watch.MathExpression:
    """The sum over functions: one alarm for all costs a tenth of one for each."""
    parts = {f"f{i}": f.metric(name, period=FIVE, statistic="Sum") for i, f in enumerate(functions)}
    return watch.MathExpression(expression=" + ".join(parts), using_metrics=parts, period=FIVE, label=name)
