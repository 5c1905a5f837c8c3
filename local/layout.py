"""Where the laptop stack keeps its files and where it listens."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"  # what `make down` leaves for the next `make up`; never in git
BUILD = ROOT / ".aws-sam" / "build"

HOST = "127.0.0.1"
AWS_PORT = int(os.environ.get("LEADSIGNAL_AWS_PORT", "4599"))
API_PORT = int(os.environ.get("LEADSIGNAL_API_PORT", "4600"))
# Nobody outside is asked of a laptop, so a replay comes to the same there everywhere.
NAME_SERVERS = os.environ.get("LEADSIGNAL_NAME_SERVERS", "none")
AWS_URL = f"http://{HOST}:{AWS_PORT}"
API_URL = f"http://{HOST}:{API_PORT}"

STACK_NAME = "leadsignal-local"
ARTIFACTS_BUCKET = "leadsignal-local-artifacts"
