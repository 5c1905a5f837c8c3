"""Deploys the built template to the emulator."""

from botocore.exceptions import ClientError

from local.aws import client
from local.build import architecture, code_version, run_sam
from local.fingerprint import matches
from local.layout import ARTIFACTS_BUCKET, HOST, NAME_SERVERS, STACK_NAME, STATE

STAMP = STATE / "deployed"

_BOUNDED = ("Ingest", "Enrich", "Deliver", "Alert", "Rescore")


def is_deployed() -> bool:
    """Return whether the stack stands in the emulator."""
    try:
        stacks = client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise
    return any(stack["StackStatus"].endswith("_COMPLETE") for stack in stacks)


def deploy() -> bool:
    """Deploy unless this very code is deployed; return whether it had to.

    Raises:
        StepFailedError: SAM failed.
    """
    version = code_version()
    if matches(STAMP, version) and is_deployed():
        return False
    client("s3").create_bucket(Bucket=ARTIFACTS_BUCKET)
    run_sam(
        "deploy",
        "--config-env",
        "local",
        "--parameter-overrides",
        f"Architecture={architecture()}",
        f"AllowedReceivers={HOST}",
        f"NameServers={NAME_SERVERS}",
        # Bounded by local.mappings instead.
        *(
            f"{name}MaximumConcurrency=0"
            for name in ("Ingest", "Enrich", "Deliver", "Alert", "Rescore")
        ),
    )
    STAMP.write_text(version)
    return True


def outputs() -> dict[str, str]:
    """Return the outputs of the stack by name."""
    stack = client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
