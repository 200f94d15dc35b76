"""`deploy/aws`: linted, created for real on a local AWS, and its policies decided request by request."""

import itertools
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse

import pytest

from cloudformation import Template
from iam_policy import Unknown, decide

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy" / "aws" / "landing-zone.yaml"
ACCOUNT = "123456789012"
UNITY = "arn:aws:iam::414351767826:role/unity-catalog-prod-UCMasterRole-14S5ZJVKOTYTL"
numbers = itertools.count(1)


def test_the_template_passes_cfn_lint():
    result = subprocess.run(
        [pathlib.Path(sys.executable).with_name("cfn-lint"), "--non-zero-exit-code", "informational", str(TEMPLATE)],
        capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


class Stack:
    """A stack made with some parameters. What the local AWS's CloudFormation leaves out is put in place from the worked-out
    template by the services' own calls; assertions read what the services then say."""

    def __init__(self, moto, **parameters):
        self.moto = moto
        self.name = f"landing-{next(numbers)}"
        self.bucket = f"sluice-{self.name}"
        values = {"BucketName": self.bucket, "DatabricksRoleName": f"{self.name}-databricks", **parameters}
        formation = moto.service("cloudformation")
        formation.create_stack(
            StackName=self.name, TemplateBody=TEMPLATE.read_text(), Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()])
        (stack,) = formation.describe_stacks(StackName=self.name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        # Types that it does not support come back without a name.
        self.resources = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in formation.describe_stack_resources(StackName=self.name)["StackResources"]
            if "LogicalResourceId" in resource}
        self.template = Template(TEMPLATE.read_text(), values, {
            **self.resources, "EventQueuePolicy": "policy", "Bucket.Arn": f"arn:aws:s3:::{self.bucket}",
            "Key.Arn": self.outputs["KeyArn"], "GatewayRole.Arn": self.outputs["GatewayRoleArn"],
            "DatabricksRole.Arn": self.outputs.get("DatabricksRoleArn"),
            "EventQueue.Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.bucket}-events"})
        self._complete()

    def _complete(self):
        s3, wanted = self.moto.boto3, self.template.properties("Bucket")
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration=wanted["VersioningConfiguration"])
        s3.put_bucket_ownership_controls(Bucket=self.bucket, OwnershipControls=wanted["OwnershipControls"])
        s3.put_public_access_block(
            Bucket=self.bucket, PublicAccessBlockConfiguration=wanted["PublicAccessBlockConfiguration"])
        s3.put_bucket_encryption(Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": [
            {"BucketKeyEnabled": rule["BucketKeyEnabled"],
             "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"]}
            for rule in wanted["BucketEncryption"]["ServerSideEncryptionConfiguration"]]})
        s3.put_bucket_lifecycle_configuration(Bucket=self.bucket, LifecycleConfiguration={
            "Rules": [lifecycle_rule(rule) for rule in wanted["LifecycleConfiguration"]["Rules"]]})
        s3.put_bucket_policy(
            Bucket=self.bucket, Policy=json.dumps(self.template.properties("BucketPolicy")["PolicyDocument"]))
        if self.template.exists("EventQueuePolicy"):
            policy = self.template.properties("EventQueuePolicy")
            for queue in policy["Queues"]:
                self.moto.service("sqs").set_queue_attributes(
                    QueueUrl=queue, Attributes={"Policy": json.dumps(policy["PolicyDocument"])})
        if "NotificationConfiguration" in wanted:
            s3.put_bucket_notification_configuration(Bucket=self.bucket, NotificationConfiguration={
                "QueueConfigurations": [
                    {"QueueArn": entry["Queue"], "Events": [entry["Event"]]}
                    for entry in wanted["NotificationConfiguration"]["QueueConfigurations"]]})

    @property
    def object_arn(self):
        return f"arn:aws:s3:::{self.bucket}/landing/audit_logs/date=2026-01-01/hour=00/a_1_0-9.json.gz"

    def bucket_policy(self):
        return json.loads(self.moto.boto3.get_bucket_policy(Bucket=self.bucket)["Policy"])

    def role_policies(self, logical):
        """Every policy of a role, as IAM returns it."""
        iam, role = self.moto.service("iam"), self.resources[logical]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]}

    def trust(self, logical):
        role = self.moto.service("iam").get_role(RoleName=self.resources[logical])["Role"]
        return document(role["AssumeRolePolicyDocument"])


def document(policy):
    """A policy as a document, whether the service answered with text or with JSON."""
    return json.loads(policy) if isinstance(policy, str) else policy


def lifecycle_rule(rule):
    """A lifecycle rule as S3's API words it."""
    worded = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    known = {"Id", "Status", "Prefix"}
    if "ExpirationInDays" in rule:
        worded["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
        known.add("ExpirationInDays")
    if "ExpiredObjectDeleteMarker" in rule:
        worded["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
        known.add("ExpiredObjectDeleteMarker")
    if "NoncurrentVersionExpiration" in rule:
        days = int(rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        worded["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
        known.add("NoncurrentVersionExpiration")
    if "AbortIncompleteMultipartUpload" in rule:
        worded["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
        known.add("AbortIncompleteMultipartUpload")
    assert set(rule) | {"Prefix"} == known, rule
    return worded


@pytest.fixture(scope="module")
def stack(moto):
    return Stack(moto, RetentionDays="21", DatabricksExternalId="ext-1")


def test_the_bucket_is_versioned_private_owned_and_encrypted(stack):
    s3 = stack.moto.boto3
    assert s3.get_bucket_versioning(Bucket=stack.bucket)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=stack.bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    (owner,) = s3.get_bucket_ownership_controls(Bucket=stack.bucket)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    (rule,) = s3.get_bucket_encryption(Bucket=stack.bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": stack.outputs["KeyArn"]}


def test_what_is_old_goes_and_nothing_else(stack):
    rules = {rule["ID"]: rule for rule in
             stack.moto.boto3.get_bucket_lifecycle_configuration(Bucket=stack.bucket)["Rules"]}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}

    def prefix(rule):
        return rule.get("Prefix", rule.get("Filter", {}).get("Prefix"))

    expiring = {prefix(rule): rule["Expiration"]["Days"] for rule in rules.values() if "Days" in rule.get("Expiration", {})}
    assert expiring == {"landing/": 21, "landing/identities/": 5}
    assert rules["noncurrent-versions-expire"]["NoncurrentVersionExpiration"]["NoncurrentDays"] == 1
    assert rules["lone-delete-markers-expire"]["Expiration"]["ExpiredObjectDeleteMarker"] is True
    assert rules["unfinished-uploads-are-aborted"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    assert len(rules) == 5


def test_the_key_rotates_and_serves_only_the_two_roles_through_s3(stack):
    kms = stack.moto.service("kms")
    key = stack.outputs["KeyArn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    policy = document(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    gateway, databricks = ("AWS", stack.outputs["GatewayRoleArn"]), ("AWS", stack.outputs["DatabricksRoleArn"])
    through_s3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT}
    for who, action, context, expected in [
        (gateway, "kms:GenerateDataKey", through_s3, "allow"),
        (gateway, "kms:Decrypt", through_s3, "allow"),
        (gateway, "kms:GenerateDataKey", {}, "none"),
        (gateway, "kms:ScheduleKeyDeletion", through_s3, "none"),
        (databricks, "kms:Decrypt", through_s3, "allow"),
        (databricks, "kms:GenerateDataKey", through_s3, "none"),
        (("AWS", "arn:aws:iam::999999999999:role/stranger"), "kms:Decrypt", through_s3, "none"),
    ]:
        assert decide([policy], action, key, context, who)[0] == expected, (who, action)
    assert [alias["AliasName"] for alias in kms.list_aliases(KeyId=key)["Aliases"]] == [f"alias/sluice/{stack.bucket}"]


TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
CREATES = {"s3:ObjectCreationOperation": "true"}
# What S3 puts into a request's context, and what becomes of it: the deciding statement of the bucket's policy.
REQUESTS = {
    # S3 shows the end of a multipart upload in the same way.
    "a PUT without a condition": ("s3:PutObject", {**TLS, **CREATES}, ("deny", "OnlyCreate")),
    "a PUT only if there is none": ("s3:PutObject", {**TLS, **CREATES, "s3:if-none-match": "*"}, ("allow", "CreateAndCompare")),
    "a PUT over a known version": ("s3:PutObject", {**TLS, **CREATES, "s3:if-match": "etag"}, ("deny", "OnlyCreate")),
    "a part of a multipart upload":
        ("s3:PutObject", {**TLS, "s3:ObjectCreationOperation": "false"}, ("allow", "CreateAndCompare")),
    "a PUT in the clear":
        ("s3:PutObject", {"aws:SecureTransport": "false", **CREATES, "s3:if-none-match": "*"}, ("deny", "OnlyOverTls")),
    "a PUT over old TLS": (
        "s3:PutObject", {"aws:SecureTransport": "true", "s3:TlsVersion": "1.1", **CREATES, "s3:if-none-match": "*"},
        ("deny", "OnlyOverModernTls")),
    "a PUT under another key": (
        "s3:PutObject", {**TLS, **CREATES, "s3:if-none-match": "*", "s3:x-amz-server-side-encryption": "aws:kms",
                         "s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:1:key/other"},
        ("deny", "OnlyThisKey")),
    "a PUT without KMS": (
        "s3:PutObject",
        {**TLS, **CREATES, "s3:if-none-match": "*", "s3:x-amz-server-side-encryption": "AES256"}, ("deny", "OnlyKms")),
    "a GET": ("s3:GetObject", TLS, ("allow", "CreateAndCompare")),
    "a DELETE": ("s3:DeleteObject", TLS, ("none", None)),
    "a DELETE of a version": ("s3:DeleteObjectVersion", TLS, ("none", None)),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_gateway_may_create_and_compare_and_nothing_else(stack, name):
    action, context, expected = REQUESTS[name]
    policies = [stack.bucket_policy(), *stack.role_policies("GatewayRole").values()]
    assert decide(policies, action, stack.object_arn, context) == expected


def test_not_even_an_administrator_overwrites(stack):
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    unconditional = {**TLS, **CREATES}
    assert decide([stack.bucket_policy(), everything], "s3:PutObject", stack.object_arn, unconditional)[0] == "deny"
    elsewhere = f"arn:aws:s3:::{stack.bucket}/other/object"
    assert decide([stack.bucket_policy(), everything], "s3:PutObject", elsewhere, unconditional)[0] == "allow"


def test_the_gateway_is_kept_to_its_prefix_and_its_key(stack):
    policies = [stack.bucket_policy(), *stack.role_policies("GatewayRole").values()]
    create = {**TLS, **CREATES, "s3:if-none-match": "*"}
    assert decide(policies, "s3:PutObject", f"arn:aws:s3:::{stack.bucket}/elsewhere/x", create)[0] == "none"
    assert decide(policies, "s3:GetObject", "arn:aws:s3:::another/landing/x", TLS)[0] == "none"
    bucket = f"arn:aws:s3:::{stack.bucket}"
    for prefix, expected in {"landing/": "allow", "landing/audit_logs/": "allow", "other/": "none", "": "none"}.items():
        assert decide(policies, "s3:ListBucket", bucket, {**TLS, "s3:prefix": prefix})[0] == expected, prefix
    # HEAD of an object that is not there: 404 needs the right to list, and names no prefix.
    assert decide(policies, "s3:ListBucket", bucket, TLS)[0] == "allow"
    through_s3 = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
    for action, context, expected in [
        ("kms:GenerateDataKey", through_s3, "allow"), ("kms:Decrypt", through_s3, "allow"),
        ("kms:Decrypt", {}, "none"), ("kms:ScheduleKeyDeletion", through_s3, "none")]:
        assert decide(policies, action, stack.outputs["KeyArn"], context)[0] == expected
        assert decide(policies, action, "arn:aws:kms:us-east-1:123456789012:key/other", context)[0] == "none"
    assert decide(policies, "s3:PutObjectTagging", stack.object_arn, TLS)[0] == "none"


def test_a_gateway_that_tags_may_tag(moto):
    tagging = Stack(moto, GatewayMayTag="true")
    policies = tagging.role_policies("GatewayRole").values()
    assert decide(policies, "s3:PutObjectTagging", tagging.object_arn)[0] == "allow"


ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/0123"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


@pytest.mark.parametrize("runtime, who, action, context, strange", [
    ("ec2", ("Service", "ec2.amazonaws.com"), "sts:AssumeRole", {}, None),
    ("ecs", ("Service", "ecs-tasks.amazonaws.com"), "sts:AssumeRole",
     {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:task/c/1"},
     {"aws:SourceAccount": "999999999999"}),
    ("eks-pod-identity", ("Service", "pods.eks.amazonaws.com"), "sts:TagSession",
     {"aws:RequestTag/kubernetes-namespace": "sluice", "aws:RequestTag/kubernetes-service-account": "sluice"},
     {"aws:RequestTag/kubernetes-service-account": "other"}),
    ("eks-irsa", ("Federated", PROVIDER), "sts:AssumeRoleWithWebIdentity",
     {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": "system:serviceaccount:sluice:sluice"},
     {f"{ISSUER}:sub": "system:serviceaccount:other:sluice"}),
])
def test_the_gateways_role_is_taken_only_where_the_gateways_run(moto, runtime, who, action, context, strange):
    made = Stack(moto, GatewayRuntime=runtime, OidcProviderArn=PROVIDER, OidcIssuer=ISSUER)
    trust = [made.trust("GatewayRole")]
    assert decide(trust, action, "", context, who)[0] == "allow"
    if strange:
        assert decide(trust, action, "", {**context, **strange}, who)[0] == "none"
    for other in [("Service", "lambda.amazonaws.com"), ("AWS", f"arn:aws:iam::{ACCOUNT}:root")]:
        assert decide(trust, "sts:AssumeRole", "", context, other)[0] == "none"
    assert ("GatewayInstanceProfile" in made.outputs) == (runtime == "ec2")


def test_databricks_takes_its_role_with_the_external_id_and_the_role_takes_itself(stack):
    trust = [stack.trust("DatabricksRole")]
    itself = {"aws:PrincipalArn": stack.outputs["DatabricksRoleArn"], "sts:ExternalId": "ext-1"}
    account = ("AWS", f"arn:aws:iam::{ACCOUNT}:root")
    for who, context, expected in [
        (("AWS", UNITY), {"sts:ExternalId": "ext-1"}, "allow"),
        (("AWS", UNITY), {"sts:ExternalId": "another customer's"}, "none"),
        (("AWS", UNITY), {}, "none"),
        (account, itself, "allow"),
        (account, {**itself, "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/other"}, "none"),
    ]:
        assert decide(trust, "sts:AssumeRole", "", context, who)[0] == expected
    policies = stack.role_policies("DatabricksRole").values()
    assert decide(policies, "sts:AssumeRole", stack.outputs["DatabricksRoleArn"])[0] == "allow"


def test_databricks_reads_and_tends_its_events_but_neither_writes_nor_deletes(stack):
    policies = [stack.bucket_policy(), *stack.role_policies("DatabricksRole").values()]
    bucket = f"arn:aws:s3:::{stack.bucket}"
    create = {**TLS, **CREATES, "s3:if-none-match": "*"}
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:csms-topic-1"
    for action, resource, context, expected in [
        ("s3:GetObject", stack.object_arn, TLS, "allow"),
        ("s3:ListBucket", bucket, TLS, "allow"),
        ("s3:GetBucketLocation", bucket, TLS, "allow"),
        ("kms:Decrypt", stack.outputs["KeyArn"], {}, "allow"),
        ("s3:PutBucketNotification", bucket, TLS, "allow"),
        ("sns:CreateTopic", f"arn:aws:sns:us-east-1:{ACCOUNT}:csms-topic-1", {}, "allow"),
        ("sqs:ReceiveMessage", queue, {}, "allow"),
        ("sqs:DeleteQueue", queue, {}, "allow"),
        ("sns:ListTopics", "*", {}, "allow"),
        ("s3:PutObject", stack.object_arn, create, "none"),
        ("s3:DeleteObject", stack.object_arn, TLS, "none"),
        ("kms:GenerateDataKey", stack.outputs["KeyArn"], {}, "none"),
        ("sqs:DeleteQueue", f"arn:aws:sqs:us-east-1:{ACCOUNT}:payments", {}, "none"),
        ("sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:999999999999:csms-topic-1", {}, "none"),
    ]:
        assert decide(policies, action, resource, context)[0] == expected, (action, resource)


def test_provided_events_reach_the_queue_that_databricks_reads(moto):
    made = Stack(moto, FileEvents="provided")
    sqs = moto.service("sqs")
    url = made.outputs["EventQueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    source = {"aws:SourceArn": f"arn:aws:s3:::{made.bucket}", "aws:SourceAccount": ACCOUNT}
    may_send = [json.loads(attributes["Policy"])]
    s3_itself = ("Service", "s3.amazonaws.com")
    assert decide(may_send, "sqs:SendMessage", attributes["QueueArn"], source, s3_itself)[0] == "allow"
    other = {**source, "aws:SourceArn": "arn:aws:s3:::another"}
    assert decide(may_send, "sqs:SendMessage", attributes["QueueArn"], other, s3_itself)[0] == "none"
    configured = moto.boto3.get_bucket_notification_configuration(Bucket=made.bucket)["QueueConfigurations"]
    assert sorted(event for entry in configured for event in entry["Events"]) == [
        "s3:LifecycleExpiration:*", "s3:ObjectCreated:*", "s3:ObjectRemoved:*"]

    # moto takes every deny for unconditional, so it would let nobody write.
    moto.boto3.delete_bucket_policy(Bucket=made.bucket)
    moto.boto3.put_object(Bucket=made.bucket, Key="landing/audit_logs/x.json.gz", Body=b"x", IfNoneMatch="*")
    deadline, keys = time.monotonic() + 10, []
    while not keys and time.monotonic() < deadline:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            keys += [urllib.parse.unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(message["Body"]).get("Records", [])]
    assert keys == ["landing/audit_logs/x.json.gz"]
    policies = made.role_policies("DatabricksRole")
    assert set(policies) == {"read", "provided-file-events"}
    assert decide(policies.values(), "sqs:ReceiveMessage", attributes["QueueArn"])[0] == "allow"
    assert decide(policies.values(), "s3:PutBucketNotification", f"arn:aws:s3:::{made.bucket}")[0] == "none"


def test_without_databricks_there_is_no_role_and_no_events(moto):
    made = Stack(moto, DatabricksPrincipalArn="", FileEvents="managed")
    assert "DatabricksRole" not in made.resources and "EventQueue" not in made.resources
    assert set(made.outputs) == {"Bucket", "Url", "KeyArn", "GatewayRoleArn", "GatewayInstanceProfile"}


def test_every_parameter_is_in_the_readme():
    readme = (ROOT / "deploy" / "aws" / "README.md").read_text()
    text = TEMPLATE.read_text()
    section = text[text.index("\nParameters:"):text.index("\nRules:")]
    names = [line.strip().rstrip(":") for line in section.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(names) == 15
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_the_evaluation_knows_deny_from_allow_and_refuses_what_it_does_not_know():
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Null": {"s3:if-none-match": "true"}}}
    policies = [{"Statement": [allow, deny]}]
    assert decide(policies, "s3:PutObject", "x")[0] == "deny"
    assert decide(policies, "s3:PutObject", "x", {"s3:if-none-match": "*"})[0] == "allow"
    assert decide([{"Statement": deny}], "s3:GetObject", "x")[0] == "none"
    with pytest.raises(Unknown):
        decide([{"Statement": {**allow, "Condition": {"IpAddress": {"aws:SourceIp": "::/0"}}}}], "s3:GetObject", "x",
               {"aws:SourceIp": "::1"})
    with pytest.raises(Unknown):
        decide([{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}}], "s3:GetObject", "x")
