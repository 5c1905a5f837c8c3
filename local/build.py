"""Builds the template with SAM for this machine and compiles what was built."""

import platform
import shutil
import subprocess
import sys
from pathlib import Path

from local import bytecode
from local.aws import tool_environment
from local.fingerprint import fingerprint, matches
from local.layout import BUILD, ROOT, STATE
from local.steps import StepFailedError

STAMP = STATE / "built"


def architecture() -> str:
    """Return the architecture of this machine in Lambda's words."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def code_version() -> str:
    """Return the fingerprint of what would be built."""
    return fingerprint(ROOT, architecture())


def run_sam(*arguments: str) -> None:
    """Run one SAM command against the emulator; its output goes to `.local/sam.log`.

    Raises:
        StepFailedError: it failed; the message ends with what it said.
    """
    STATE.mkdir(exist_ok=True)
    log = STATE / "sam.log"
    with log.open("wb") as output:
        done = subprocess.run(
            [Path(sys.executable).parent / "sam", *arguments],
            cwd=ROOT,
            env=tool_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = log.read_text(errors="replace").strip().splitlines()[-15:]
        raise StepFailedError("\n".join([f"sam {arguments[0]} failed:", *tail]))


def build() -> bool:
    """Build unless nothing changed since the last build; return whether it had to.

    Raises:
        StepFailedError: SAM failed.
        bytecode.UncompiledError: a module did not compile.
    """
    if matches(STAMP, _build_version()):
        return False
    shutil.rmtree(BUILD, ignore_errors=True)
    run_sam(
        "build", "--config-env", "local", "--parameter-overrides", f"Architecture={architecture()}"
    )
    bytecode.compile_build(BUILD)
    STAMP.write_text(_build_version())
    return True


def _build_version() -> str:
    """Return what the code and the build at hand are; a `sam build` by hand changes it."""
    template = BUILD / "template.yaml"
    built = template.read_text() if template.is_file() else ""
    return fingerprint(ROOT, architecture(), built)
