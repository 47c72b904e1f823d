"""A bucket as all of ours are: private, encrypted, TLS only, with history, kept when its stack goes."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


def bucket(scope: Construct, id: str, logs: s3.IBucket, key: kms.IKey | None = None) -> s3.Bucket:
    """With `key`, encrypted by it; without, by S3's own (CloudFront cannot use a customer's key cheaply)."""
    return s3.Bucket(
        scope, id, block_public_access=s3.BlockPublicAccess.BLOCK_ALL, enforce_ssl=True, versioned=True,
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED, encryption_key=key,
        bucket_key_enabled=True if key else None, minimum_tls_version=1.2, removal_policy=RemovalPolicy.RETAIN,
        server_access_logs_bucket=logs, server_access_logs_prefix=f"{id.lower()}/",
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=Duration.days(7),
                noncurrent_version_expiration=Duration.days(30),
            )
        ],
    )  # fmt: skip
