"""Whether functions can run in containers here, and how these reach the emulator."""

import contextlib
import ipaddress
import shutil
import subprocess
from collections.abc import Iterator

from local.build import architecture
from local.forward import forward
from local.layout import AWS_PORT, HOST, ROOT

IMAGE = f"public.ecr.aws/lambda/python:3.13-{architecture()}"
STAND_IN = ROOT.parent / "shared" / "tools" / "lambda-image"  # where no registry can be reached
SAM_IMAGES = "samcli/lambda-python"
DESKTOP_HOST = "host.docker.internal"  # how Docker Desktop calls this machine


class NoContainersError(Exception):
    """Docker or the base image cannot be had; the message says which, and why."""


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def prepare() -> None:
    """See to it that Docker runs and has the base image.

    Raises:
        NoContainersError: it cannot be had on this machine.
    """
    if STAND_IN.is_file() and not _succeeds("docker", "image", "inspect", IMAGE):
        made = subprocess.run([STAND_IN], capture_output=True, text=True, check=False)
        if made.returncode:
            raise NoContainersError(f"{STAND_IN} failed: {made.stderr.strip()[-500:]}")
    if shutil.which("docker") is None:
        raise NoContainersError("there is no docker command")
    if not _succeeds("docker", "info"):
        raise NoContainersError("the Docker daemon does not answer")
    if not _succeeds("docker", "image", "inspect", IMAGE) and not _succeeds(
        "docker", "pull", IMAGE
    ):
        raise NoContainersError(f"the image {IMAGE} can neither be found nor pulled")


def _images() -> set[str]:
    listed = subprocess.run(
        ["docker", "image", "ls", "--quiet", "--no-trunc", SAM_IMAGES],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(listed.stdout.split())


@contextlib.contextmanager
def temporary_images() -> Iterator[None]:
    """Remove, after the block, the images with layers that SAM made or replaced in it."""
    before = _images()
    try:
        yield
    finally:
        if superseded := _images() ^ before:
            subprocess.run(
                ["docker", "image", "rm", "--force", *superseded], capture_output=True, check=False
            )


def _bridge_address() -> str:
    """Return this machine's address on Docker's bridge: the gateway, else the first of its net."""
    template = "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}}{{end}}"
    shown = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", template],
        capture_output=True,
        text=True,
        check=True,
    )
    *gateway, subnet = shown.stdout.split()
    return gateway[0] if gateway else str(ipaddress.ip_network(subnet)[1])


@contextlib.contextmanager
def reachable_emulator() -> Iterator[str]:
    """Yield the host name under which containers reach the emulator while the block runs."""
    address = _bridge_address()
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(forward(address, AWS_PORT, (HOST, AWS_PORT)))
        except OSError:  # Docker runs in a machine of its own, so the bridge is not here
            address = DESKTOP_HOST
        yield address
