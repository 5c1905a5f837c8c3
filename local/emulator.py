"""Starts and stops the server process of the laptop stack, and knows whether it runs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from local.aws import bare_environment
from local.layout import API_PORT, AWS_PORT, AWS_URL, HOST, ROOT, STATE
from local.steps import StepFailedError
from local.stream_positions import rewind

PID_FILE = STATE / "server.pid"
LOG_FILE = STATE / "ministack.log"
ROLES_FILE = STATE / "server.enforces-roles"  # there while the server does
START_SECONDS = 30
STOP_SECONDS = 30
MODULE = "local.server"


def running_pid() -> int | None:
    """Return the process id of our server, if it lives; another program's id does not count."""
    if not PID_FILE.is_file():
        return None
    pid = int(PID_FILE.read_text())
    return pid if MODULE in _command_line(pid) else None


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        shown = Path(f"/proc/{pid}/cmdline")
        return shown.read_text() if shown.exists() else ""
    listed = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout


def is_healthy() -> bool:
    """Return whether the emulator answers."""
    try:
        with urllib.request.urlopen(f"{AWS_URL}/_ministack/health", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(*, enforce_roles: bool = False) -> bool:
    """Start the server unless it runs so already; return whether it had to be started.

    With ``enforce_roles`` a function may do what its role in the template says, and clients must
    sign with the credentials of `local.aws`; without, anybody on this machine may do everything.

    Raises:
        StepFailedError: a port is taken, or the server did not come up.
    """
    if running_pid() is not None and is_healthy() and ROLES_FILE.exists() == enforce_roles:
        return False
    stop()
    for port in (AWS_PORT, API_PORT):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                raise StepFailedError(
                    f"port {port} is in use by another program; free it, or choose others with "
                    "LEADSIGNAL_AWS_PORT and LEADSIGNAL_API_PORT"
                )
    scratch = STATE / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    rewind(STATE / "state")
    with LOG_FILE.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=ROOT,
            env=bare_environment() | settings(scratch, enforce_roles=enforce_roles),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    PID_FILE.write_text(str(process.pid))
    if enforce_roles:
        ROLES_FILE.touch()
    else:
        ROLES_FILE.unlink(missing_ok=True)
    deadline = time.monotonic() + START_SECONDS
    while not is_healthy():
        if process.poll() is not None or time.monotonic() > deadline:
            raise StepFailedError(f"the emulator did not come up; see {LOG_FILE}")
        time.sleep(0.1)
    return True


def settings(scratch: Path, *, enforce_roles: bool) -> dict[str, str]:
    """Return what MiniStack is told: our port, this address only, its files in our folder."""
    return {
        "AUTH": "true" if enforce_roles else "false",
        "TMPDIR": str(scratch),
        "LEADSIGNAL_AWS_PORT": str(AWS_PORT),
        "LEADSIGNAL_API_PORT": str(API_PORT),
        "GATEWAY_PORT": str(AWS_PORT),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(STATE / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(STATE / "s3"),
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }


def stop() -> bool:
    """Stop the server and wait until its state is written; return whether it ran.

    Raises:
        StepFailedError: it did not end in time.
    """
    pid = running_pid()
    if pid is None:
        PID_FILE.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running_pid() is not None:
        if time.monotonic() > deadline:
            raise StepFailedError(f"process {pid} did not stop; see {LOG_FILE}")
        time.sleep(0.1)
    PID_FILE.unlink(missing_ok=True)
    return True
