"""Access to the emulator of AWS: clients for this process, variables for its children."""

import os
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local.layout import AWS_URL

REGION = "us-east-1"
ACCOUNT = "000000000000"  # a key id of twelve digits is the account to the emulator
SECRET = "local"
INHERITED = ("HOME", "LANG", "LC_ALL")


def client(service: str) -> Any:
    """Return a client of one service of the emulator."""
    make: Any = boto3.client  # its stubs know service names as literals only
    return make(
        service,
        endpoint_url=AWS_URL,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=SECRET,
        config=Config(retries={"mode": "standard", "max_attempts": 3}),
    )


def signed_headers(service: str, method: str, path: str, body: bytes) -> dict[str, str]:
    """Return the headers of a signed request to the emulator."""
    request = AWSRequest(method=method, url=f"{AWS_URL}{path}", data=body)
    SigV4Auth(Credentials(ACCOUNT, SECRET), service, REGION).add_auth(request)
    return {"host": AWS_URL.removeprefix("http://"), **request.headers}


def bare_environment() -> dict[str, str]:
    """Return the variables a server may see: functions inherit them, so none of the user's."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
    }


def tool_environment() -> dict[str, str]:
    """Return the user's variables, with the emulator in the place of AWS."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return others | bare_environment() | {"AWS_ENDPOINT_URL": AWS_URL, "SAM_CLI_TELEMETRY": "0"}
