"""What must hold for every resource of the template, whoever adds one."""

import json
from typing import Any

import pytest

from leadsignal.adapters.dynamodb.failures import KEPT_MS
from leadsignal.models.instants import DAY_MS
from tests import template
from tests.template import as_list, functions, resources, statements

MAX_LINES = 960  # beyond: split by bounded context
FOURTEEN_DAYS = 1_209_600
PLATFORM_VARIABLES = ("POWERTOOLS_", "AWS_")
PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"

FUNCTIONS = functions()
QUEUES = resources("AWS::SQS::Queue")
TABLES = resources("AWS::DynamoDB::Table")
RULES = resources("AWS::Events::Rule")
ROLES = resources("AWS::IAM::Role")
ALARMS = resources("AWS::CloudWatch::Alarm")
LOG_GROUPS = resources("AWS::Logs::LogGroup")
LAYERS = resources("AWS::Serverless::LayerVersion")

BUCKETS = resources("AWS::S3::Bucket")

MAPPINGS = {
    f"{function} ← {name}": (function, event)
    for function, properties in FUNCTIONS.items()
    for name, event in properties["Events"].items()
    if event["Type"] in ("SQS", "DynamoDB")
}
QUEUE_MAPPINGS = [name for name, (_, event) in MAPPINGS.items() if event["Type"] == "SQS"]
TARGETS = {
    f"{rule} → {target['Id']}": (rule, target)
    for rule, properties in RULES.items()
    for target in properties["Targets"]
}
DEAD_LETTERS = [name for name in QUEUES if name.endswith("Dlq")]
KEPT_TABLES = [name for name in TABLES if name != "CacheTable"]


def alarm_on(metric: str, dimension: str) -> list[dict[str, Any]]:
    return [
        alarm
        for alarm in ALARMS.values()
        if alarm["MetricName"] == metric
        and dimension in [entry["Value"] for entry in alarm["Dimensions"]]
    ]


def queue_of(mapping: str) -> str:
    queue: str = MAPPINGS[mapping][1]["Properties"]["Queue"]
    return queue.removesuffix(".Arn")


def queues_of(function: str) -> set[str]:
    return {queue_of(name) for name in QUEUE_MAPPINGS if MAPPINGS[name][0] == function}


def test_the_template_stays_readable() -> None:
    assert len(template.FILE.read_text().splitlines()) <= MAX_LINES


def test_resources_follow_the_flow() -> None:
    order = (
        "AWS::Serverless::HttpApi",
        "AWS::SQS::Queue",
        "AWS::Serverless::Function",
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::CloudWatch::Alarm",
    )
    kinds = [resource["Type"] for resource in template.template()["Resources"].values()]
    firsts = [kinds.index(kind) for kind in order]
    assert firsts == sorted(firsts)


def test_nothing_is_named_but_after_its_stack() -> None:
    named = {
        name: properties[field]
        for name, resource in template.template()["Resources"].items()
        for properties in [resource["Properties"]]
        for field in ("Name", "TableName", "QueueName", "FunctionName", "LogGroupName", "RoleName")
        if field in properties
    }
    assert {name for name, value in named.items() if "AWS::StackName" not in value} == set()


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_has_a_dead_letter_queue_or_is_one(queue: str) -> None:
    assert queue.endswith("Dlq") or QUEUES[queue]["RedrivePolicy"] == {
        "deadLetterTargetArn": f"{queue.removesuffix('Queue')}Dlq.Arn",
        "maxReceiveCount": 5,
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_is_encrypted(queue: str) -> None:
    assert QUEUES[queue]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("queue", DEAD_LETTERS)
def test_each_dead_letter_is_kept_and_raises_an_alarm_if_it_stays(queue: str) -> None:
    assert QUEUES[queue]["MessageRetentionPeriod"] == FOURTEEN_DAYS
    [alarm] = alarm_on("ApproximateNumberOfMessagesVisible", f"{queue}.QueueName")
    assert alarm["Threshold"] == 0


def test_each_queue_is_consumed_and_dead_letters_by_quarantine() -> None:
    assert sorted(queue_of(mapping) for mapping in QUEUE_MAPPINGS) == sorted(QUEUES)
    assert queues_of("QuarantineFunction") == set(DEAD_LETTERS)


@pytest.mark.parametrize("queue", DEAD_LETTERS)
def test_quarantine_knows_whose_each_dead_letter_is(queue: str) -> None:
    variables = FUNCTIONS["QuarantineFunction"]["Environment"]["Variables"]
    assert variables[f"{queue.removesuffix('Dlq').upper()}_DLQ"] == f"{queue}.Arn"
    assert "RedrivePolicy" not in QUEUES[queue]


@pytest.mark.parametrize("mapping", QUEUE_MAPPINGS)
def test_a_message_is_hidden_for_six_times_its_functions_timeout(mapping: str) -> None:
    visibility = QUEUES[queue_of(mapping)]["VisibilityTimeout"]
    assert visibility >= 6 * FUNCTIONS[MAPPINGS[mapping][0]]["Timeout"]


@pytest.mark.parametrize("mapping", QUEUE_MAPPINGS)
def test_each_queue_consumer_is_or_can_be_bounded(mapping: str) -> None:
    function, event = MAPPINGS[mapping]
    verb = function.removesuffix("Function")
    bound = event["Properties"]["ScalingConfig"]
    if queue_of(mapping) in (*DEAD_LETTERS, "TrainQueue"):  # nobody waits for a training
        assert bound == {"MaximumConcurrency": 2}
    else:
        parameter = {"MaximumConcurrency": f"{verb}MaximumConcurrency"}
        assert bound == [f"Limits{verb}", parameter, "AWS::NoValue"]


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_each_consumer_reports_the_records_that_failed(mapping: str) -> None:
    response_types = MAPPINGS[mapping][1]["Properties"]["FunctionResponseTypes"]
    assert response_types == ["ReportBatchItemFailures"]


def test_events_are_consumed_within_the_second() -> None:
    for _, event in MAPPINGS.values():
        assert "MaximumBatchingWindowInSeconds" not in event["Properties"]


def test_the_stream_of_leads_is_read_in_order_and_loses_nothing_silently() -> None:
    stream = MAPPINGS["AnnounceFunction ← Stream"][1]["Properties"]
    assert stream["StartingPosition"] == "TRIM_HORIZON"
    assert stream["ParallelizationFactor"] == 1
    assert stream["BisectBatchOnFunctionError"] is True
    assert stream["MaximumRetryAttempts"] == 10
    assert stream["DestinationConfig"]["OnFailure"]["Destination"] == "StreamDlq.Arn"
    [only] = stream["FilterCriteria"]["Filters"]
    news = {
        "Keys": {"sk": {"S": ["LEAD", "COMPANY", "BALANCE", "DEAL"]}},
        "NewImage": {"news": {"S": ["1"]}},
    }
    assert json.loads(only["Pattern"]) == {"dynamodb": news}


@pytest.mark.parametrize("target", TARGETS)
def test_each_rule_target_retries_and_then_keeps_the_fact(target: str) -> None:
    properties = TARGETS[target][1]
    assert properties["DeadLetterConfig"] == {"Arn": "BusDlq.Arn"}
    assert properties["RetryPolicy"]["MaximumEventAgeInSeconds"] > 0
    assert properties["RetryPolicy"]["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize("target", TARGETS)
def test_a_queue_takes_facts_from_its_rule_alone(target: str) -> None:
    rule, properties = TARGETS[target]
    for queue in (properties["Arn"].removesuffix(".Arn"), "BusDlq"):
        [policy] = [
            policy
            for policy in resources("AWS::SQS::QueuePolicy").values()
            if policy["Queues"] == [queue]
        ]
        [statement] = policy["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sqs:SendMessage"
        assert statement["Resource"] == f"{queue}.Arn"
        sources = as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        assert f"{rule}.Arn" in sources
        assert {source.removesuffix(".Arn") for source in sources} <= RULES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_each_table_is_encrypted_on_demand_and_forgets_what_expired(table: str) -> None:
    assert TABLES[table]["SSESpecification"] == {"SSEEnabled": True}
    assert TABLES[table]["BillingMode"] == "PAY_PER_REQUEST"
    assert TABLES[table]["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }


@pytest.mark.parametrize("table", KEPT_TABLES)
def test_each_table_whose_loss_hurts_can_be_restored(table: str) -> None:
    recovery = TABLES[table]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert TABLES[table]["DeletionProtectionEnabled"] == ["IsProd", True, False]
    assert template.template()["Resources"][table]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template.template()["Resources"][table]["UpdateReplacePolicy"] == "Retain"


def test_only_leads_are_streamed_and_indexed_by_keys_alone() -> None:
    assert [name for name in TABLES if "StreamSpecification" in TABLES[name]] == ["LeadTable"]
    indexes = TABLES["LeadTable"]["GlobalSecondaryIndexes"]
    names = {index["IndexName"] for index in indexes}
    assert names >= {"by_score", "by_created", "by_seen", "by_company"}
    assert {index["Projection"]["ProjectionType"] for index in indexes} == {"KEYS_ONLY"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_log_group_with_retention(function: str) -> None:
    log_group = FUNCTIONS[function]["LoggingConfig"]["LogGroup"]
    assert log_group == f"{function.removesuffix('Function')}LogGroup"
    assert LOG_GROUPS[log_group] == {"RetentionInDays": "LogRetentionDays"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_raises_an_alarm_when_it_fails(function: str) -> None:
    [alarm] = alarm_on("Errors", function)
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("AWS/Lambda", "Sum", 0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_role_of_its_own(function: str) -> None:
    role = FUNCTIONS[function]["Role"].removesuffix(".Arn")
    assert role == f"{function.removesuffix('Function')}Role"
    assert "ManagedPolicyArns" not in ROLES[role]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_names_what_it_may_do_and_on_what(role: str) -> None:
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for granted in statement["Action"] + statement["Resource"]:
            assert isinstance(granted, str)
            for below in ("/originals/*", "/lists/*", "/providers/*"):
                granted = granted.removesuffix(below)
            assert "*" not in granted


@pytest.mark.parametrize("role", ROLES)
def test_no_function_may_scan(role: str) -> None:
    actions = {action for statement in statements(role) for action in statement["Action"]}
    assert not {action for action in actions if action.endswith(("Scan", "PartiQLSelect"))}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_touch_just_what_it_is_told_of(function: str) -> None:
    told = {
        value.removesuffix(".Arn")
        for name, value in FUNCTIONS[function]["Environment"]["Variables"].items()
        if not name.startswith(PLATFORM_VARIABLES)
        and name not in ("ALLOWED_RECEIVERS", "NAME_SERVERS")
    }
    verb = function.removesuffix("Function")
    consumed = queues_of(function)
    if function == "AnnounceFunction":
        consumed = {"LeadTable", "StreamDlq"}
    if function == "QuarantineFunction":
        consumed = consumed | {"LeadTable"}  # what StreamDlq names is read from the stream
    touched = {
        resource.removeprefix(PARAMETERS).removeprefix("${").split(".")[0].removesuffix("/*")
        for statement in statements(f"{verb}Role")
        for resource in statement["Resource"]
    }
    assert touched == told | consumed | {f"{verb}LogGroup"}


def who_may(actions: set[str], bucket: str) -> set[str]:
    return {
        role.removesuffix("Role")
        for role in ROLES
        for statement in statements(role)
        if actions & set(statement["Action"])
        and any(bucket in resource for resource in statement["Resource"])
    }


def test_nobody_reads_the_bucket_of_originals_but_replay() -> None:
    assert who_may({"s3:GetObject", "s3:ListBucket"}, "OriginalsBucket") == {"Replay"}


def test_nobody_changes_uploaded_lists_but_who_takes_them() -> None:
    assert who_may({"s3:PutObject", "s3:DeleteObject"}, "ListsBucket") == {"Lookup"}
    readers = {"Enrich", "Ingest", "Leads", "Lookup", "Rescore", "Train"}
    assert who_may({"s3:GetObject"}, "ListsBucket") == readers
    assert who_may({"s3:ListBucket"}, "ListsBucket") == readers


@pytest.mark.parametrize("bucket", BUCKETS)
def test_each_bucket_is_private_and_encrypted_and_tidy(bucket: str) -> None:
    properties = BUCKETS[bucket]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert "AccessControl" not in properties
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    kept = {"OriginalsBucket": KEPT_MS // DAY_MS + 1, "ListsBucket": None}
    assert rule.get("ExpirationInDays") == kept[bucket]
    assert template.template()["Resources"][bucket]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert template.template()["Resources"][bucket]["UpdateReplacePolicy"] == "Retain"


def test_failures_that_name_no_tenant_raise_an_alarm() -> None:
    [alarm] = alarm_on("FailuresWithoutTenant", "quarantine")
    assert (alarm["Namespace"], alarm["Threshold"]) == ("LeadSignal", 0)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_is_built_alike(function: str) -> None:
    properties = FUNCTIONS[function]
    assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["Architecture"]
    assert properties["Handler"] == "app.handler"
    assert properties["Layers"] == ["CoreLayer", "DepsLayer"]


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_is_built_from_the_parent_of_its_package(layer: str) -> None:
    name = layer.removesuffix("Layer").lower()
    assert LAYERS[layer]["ContentUri"] == f"layers/{name}"
    metadata = template.template()["Resources"][layer]["Metadata"]
    assert metadata == {"BuildMethod": "python3.13", "BuildArchitecture": "Architecture"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_logs_events_or_traces(function: str) -> None:
    variables = FUNCTIONS[function]["Environment"]["Variables"]
    assert "POWERTOOLS_LOGGER_LOG_EVENT" not in variables
    assert variables["POWERTOOLS_TRACE_DISABLED"] == "true"
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "LeadSignal"
    assert variables["POWERTOOLS_SERVICE_NAME"] == template.folder(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_has_a_sample_event(function: str) -> None:
    samples = list((template.ROOT / "events" / template.folder(function)).glob("*.json"))
    assert samples
    for sample in samples:
        assert isinstance(json.loads(sample.read_text()), dict)


def test_no_sample_event_is_of_a_function_that_is_gone() -> None:
    folders = {path.name for path in (template.ROOT / "events").iterdir() if path.is_dir()}
    assert folders == {template.folder(function) for function in FUNCTIONS}


def test_the_api_answers_other_origins_nowhere_by_itself() -> None:
    [api] = resources("AWS::Serverless::HttpApi").values()
    assert "CorsConfiguration" not in api


def test_the_access_log_holds_no_key_and_no_address() -> None:
    [api] = resources("AWS::Serverless::HttpApi").values()
    logged = api["AccessLogSettings"]["Format"]
    assert json.loads(logged)
    for field in ("path", "queryString", "sourceIp", "userAgent", "authorizer", "identity"):
        assert field not in logged


def test_each_route_takes_every_method_and_one_function_takes_the_rest() -> None:
    events = [
        (function, event.get("Properties", {}))
        for function, properties in FUNCTIONS.items()
        for event in properties["Events"].values()
        if event["Type"] == "HttpApi"
    ]
    rest = [function for function, properties in events if "Path" not in properties]
    assert rest == ["PlatformFunction"]
    routes = [properties for _, properties in events if "Path" in properties]
    paths = [route["Path"] for route in routes if route["Method"] == "ANY"]
    assert len(set(paths)) == len(paths)
    # A look-up and a track call share a path; collect answers its other methods.
    others = {(route["Method"], route["Path"]) for route in routes if route["Method"] != "ANY"}
    assert others == {("GET", "/v1/identify"), ("HEAD", "/v1/identify")}
    assert "/v1/identify" in paths


def test_on_aws_no_receiver_is_allowed_in_spite_of_the_deny_list() -> None:
    parameters = template.template()["Parameters"]
    assert parameters["AllowedReceivers"]["Default"] == ""
    assert parameters["AwsEndpointUrl"]["Default"] == ""
    assert parameters["Architecture"]["Default"] == "arm64"


def test_each_table_queue_bucket_and_bus_is_an_output() -> None:
    outputs = {output["Value"] for output in template.template()["Outputs"].values()}
    buses = resources("AWS::Events::EventBus").keys()
    assert outputs >= TABLES.keys() | QUEUES.keys() | BUCKETS.keys() | buses


@pytest.mark.parametrize("role", ROLES)
def test_whoever_reads_activity_days_with_leads_may_query_their_parts(role: str) -> None:
    granted = {
        action
        for statement in statements(role)
        if "ActivityTable.Arn" in statement["Resource"]
        for action in statement["Action"]
    }
    both = {"LeadTable.Arn", "ActivityTable.Arn"}
    reads_days = [
        statement
        for statement in statements(role)
        if "dynamodb:BatchGetItem" in statement["Action"] and both <= set(statement["Resource"])
    ]
    assert not reads_days or "dynamodb:Query" in granted
