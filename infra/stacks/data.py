"""What is kept: the database, the cache, files, the key, people. All of it stays when its stack is destroyed."""

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.constructs.bucket import bucket
from infra.profiles import Profile
from infra.rules import leave
from infra.stacks.network import ISOLATED, Network

ENGINE = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_18_4)
NAME = "troupe"


class Data(Stack):
    """`cluster`, `cache_endpoint`, `files`, `logs`, `key`, `pool`, `client`."""

    def __init__(self, scope: Construct, id: str, profile: Profile, network: Network) -> None:
        super().__init__(scope, id)
        self.key = kms.Key(
            self, "Key", description="Troupe: data at rest, and the data keys of credentials.",
            enable_key_rotation=True, removal_policy=RemovalPolicy.RETAIN,
        )  # fmt: skip
        self.logs = s3.Bucket(
            self, "Logs", encryption=s3.BucketEncryption.S3_MANAGED, enforce_ssl=True, versioned=False,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL, removal_policy=RemovalPolicy.RETAIN,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(profile.log_days))],
        )  # fmt: skip
        # By hand, for the shorter way wants to know the region when templates are written.
        self.logs.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"], resources=[self.logs.arn_for_objects("balancer/AWSLogs/*")],
            )
        )  # fmt: skip
        self.files = bucket(self, "Files", self.logs, self.key)
        self._network = network
        self._group = self._for_our_code("DatabaseGroup", "Postgres, for our code.", 5432)
        self.login = self._login()
        self.cluster = self._database(profile, network)
        self.proxy = self._proxy(network) if profile.database_proxy else None
        self.cache, self.cache_user = self._cache(profile, network)
        self.pool, self.client = self._people(profile)

    @property
    def host(self) -> str:
        """Where the database is spoken to."""
        return self.proxy.endpoint if self.proxy is not None else self.cluster.cluster_endpoint.hostname

    def _database(self, profile: Profile, network: Network) -> rds.DatabaseCluster:
        pause = profile.database_pause_minutes
        owner = rds.DatabaseSecret(self, "Owner", username="troupe_owner", encryption_key=self.key)
        owner.apply_removal_policy(RemovalPolicy.RETAIN)  # without it nobody could open what stays
        cluster = rds.DatabaseCluster(
            self, "Database", engine=ENGINE, vpc=network.vpc, vpc_subnets=ISOLATED, default_database_name=NAME,
            security_groups=[self._group], credentials=rds.Credentials.from_secret(owner),
            storage_encrypted=True, storage_encryption_key=self.key, iam_authentication=True,
            deletion_protection=True, removal_policy=RemovalPolicy.RETAIN, copy_tags_to_snapshot=True,
            backup=rds.BackupProps(retention=Duration.days(profile.backup_days)),
            cloudwatch_logs_exports=["postgresql"], enable_data_api=False,
            writer=rds.ClusterInstance.serverless_v2("Writer", publicly_accessible=False),
            readers=[rds.ClusterInstance.serverless_v2("Reader", scale_with_writer=True, publicly_accessible=False)]
            if profile.database_reader else [],
            serverless_v2_min_capacity=profile.database_min, serverless_v2_max_capacity=profile.database_max,
            serverless_v2_auto_pause_duration=Duration.minutes(pause) if pause else None,
            parameters={"rds.force_ssl": "1"},
        )  # fmt: skip
        leave(
            owner, "The owner's password is used by migrations alone and changed by the deployment (docs/deploy.md); "
            "a rotation while a pool is open would cut it.", "AwsSolutions-SMG4",
        )  # fmt: skip
        return cluster

    def _login(self) -> secrets.Secret:
        """The login of all code but the migration, which makes it: it owns nothing in the database."""
        made = secrets.Secret(
            self, "Login", encryption_key=self.key, removal_policy=RemovalPolicy.RETAIN,
            description="Troupe: how functions and services sign in to the database.",
            generate_secret_string=secrets.SecretStringGenerator(
                secret_string_template=f'{{"username": "troupe_functions", "dbname": "{NAME}", "port": 5432}}',
                generate_string_key="password", password_length=40, exclude_punctuation=True,
            ),
        )  # fmt: skip
        leave(
            made, "Functions read it at each opening; the deployment changes it (docs/deploy.md).", "AwsSolutions-SMG4"
        )
        return made

    def _proxy(self, network: Network) -> rds.DatabaseProxy:
        secret = self.cluster.secret
        assert secret is not None
        group = self._for_our_code("ProxyGroup", "The proxy before Postgres.", 5432)
        return self.cluster.add_proxy(
            "Proxy", vpc=network.vpc, vpc_subnets=ISOLATED, secrets=[secret, self.login], security_groups=[group],
            require_tls=True, iam_auth=False,
        )  # fmt: skip

    def _for_our_code(self, id: str, about: str, port: int) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, id, vpc=self._network.vpc, description=about, allow_all_outbound=False)
        group.add_ingress_rule(self._network.code, ec2.Port.tcp(port), "our code")
        return group

    def _cache(self, profile: Profile, network: Network) -> tuple[elasticache.CfnServerlessCache, str]:
        """Signed in by IAM: there is no password to keep. The default user may do nothing."""
        name = f"{NAME}-{profile.name}"
        members = self._for_our_code("CacheGroup", "The cache, for our code.", 6379)
        user = elasticache.CfnUser(
            self, "CacheUser", engine="valkey", user_id=name, user_name=name, authentication_mode={"Type": "iam"},
            access_string="on ~* +@all -@dangerous -@admin",
        )  # fmt: skip
        group = elasticache.CfnUserGroup(
            self, "CacheUsers", engine="valkey", user_group_id=name, user_ids=[user.user_id]
        )
        group.add_resource_dependency(user)
        isolated = network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        cache = elasticache.CfnServerlessCache(
            self, "Cache", engine="valkey", major_engine_version="8", serverless_cache_name=name,
            subnet_ids=isolated.subnet_ids[:3], security_group_ids=[members.security_group_id],
            kms_key_id=self.key.key_arn, user_group_id=group.user_group_id,
            cache_usage_limits=elasticache.CfnServerlessCache.CacheUsageLimitsProperty(
                data_storage=elasticache.CfnServerlessCache.DataStorageProperty(unit="GB", maximum=profile.cache_gb),
                ecpu_per_second=elasticache.CfnServerlessCache.ECPUPerSecondProperty(maximum=15_000),
            ),
        )  # fmt: skip
        cache.add_resource_dependency(group)
        return cache, name

    def _people(self, profile: Profile) -> tuple[cognito.UserPool, cognito.UserPoolClient]:
        pool = cognito.UserPool(
            self, "People", self_sign_up_enabled=False, sign_in_case_sensitive=False,
            sign_in_aliases=cognito.SignInAliases(email=True), auto_verify=cognito.AutoVerifiedAttrs(email=True),
            mfa=cognito.Mfa.OPTIONAL, mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            password_policy=cognito.PasswordPolicy(
                min_length=12, require_digits=True, require_lowercase=True, require_symbols=True,
                require_uppercase=True,
            ),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY, removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=True,
        )  # fmt: skip
        leave(
            pool, "Cognito's plus tier costs five times as much a user; threat protection is the choice of who runs "
            "it, as a second factor for everybody is.", "AwsSolutions-COG8", "AwsSolutions-COG2",
        )  # fmt: skip
        pool.add_domain(
            "SignIn", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"{NAME}-{profile.name}-{self.account}")
        )
        back = cognito.OAuthSettings(
            flows=cognito.OAuthFlows(authorization_code_grant=True), callback_urls=[f"{profile.url}/login/back"],
            scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
        )  # fmt: skip
        client = pool.add_client(
            "Web", generate_secret=False, prevent_user_existence_errors=True,
            auth_flows=cognito.AuthFlow(user_srp=True), id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30), enable_token_revocation=True,
            disable_o_auth=not profile.url, o_auth=back if profile.url else None,
        )  # fmt: skip
        return pool, client

    def may_use_data(self, role: iam.IGrantable) -> None:
        """What code needs of all this: sign in to the cache, read and write files, wrap and unwrap data keys."""
        statements = {
            ("elasticache:Connect",): [
                self.format_arn(service="elasticache", resource="serverlesscache", resource_name=self.cache_user),
                self.format_arn(service="elasticache", resource="user", resource_name=self.cache_user),
            ],
            ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"): [
                self.files.arn_for_objects("*")
            ],
            ("s3:ListBucket",): [self.files.bucket_arn],
            ("kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"): [self.key.key_arn],
            ("secretsmanager:GetSecretValue",): [self.login.secret_arn],
        }
        for actions, resources in statements.items():
            role.grant_principal.add_to_principal_policy(
                iam.PolicyStatement(actions=list(actions), resources=resources)
            )
