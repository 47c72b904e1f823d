"""A queue with a place for what cannot be done."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.rules import leave

TRIES = 5


class Queue(Construct):
    """`queue` and `dead`. `seconds`: for how long a message is kept from others once it is taken."""

    def __init__(self, scope: Construct, id: str, key: kms.IKey, seconds: int) -> None:
        super().__init__(scope, id)
        common = {"encryption": sqs.QueueEncryption.KMS, "encryption_master_key": key, "enforce_ssl": True}
        self.dead = sqs.Queue(
            self, "Dead", retention_period=Duration.days(14),
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.ALLOW_ALL), **common,
        )  # fmt: skip
        leave(self.dead, "These are the dead letters; somebody looks at them.", "Serverless-SQSRedrivePolicy")
        self.queue = sqs.Queue(
            self, "Queue", visibility_timeout=Duration.seconds(seconds), retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=TRIES), **common,
        )  # fmt: skip
