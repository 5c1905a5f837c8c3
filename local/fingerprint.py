"""One value for everything that a build and a deployment depend on."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
LEFT_OUT = ("__pycache__", ".egg-info", ".mypy_cache")


def files(root: Path, sources: Iterable[str] = SOURCES) -> Iterator[Path]:
    """Yield the files under ``sources`` that SAM ships, in a fixed order."""
    for source in sources:
        path = root / source
        found = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in found:
            if not any(mark in part for part in file.parts for mark in LEFT_OUT):
                yield file


def fingerprint(root: Path, *extra: str) -> str:
    """Return a hash of names and contents; the same for the same code, wherever it lies."""
    digest = hashlib.sha256("\0".join(extra).encode())
    for file in files(root):
        digest.update(f"\0{file.relative_to(root)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def matches(stamp: Path, value: str) -> bool:
    """Return whether ``stamp`` was written for ``value``."""
    return stamp.is_file() and stamp.read_text() == value
