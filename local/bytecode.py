"""Compiles a SAM build, which ships no bytecode: without it a cold start imports twice as long.

`python -m local.bytecode` after `sam build` and before `sam deploy`.
"""

import argparse
import compileall
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode

from local.layout import BUILD

RUNTIME = (3, 13)  # bytecode is read by this minor version only; the template's Runtime


class UncompiledError(Exception):
    """A file that ships has no bytecode beside it."""


def artefacts(build: Path) -> Iterator[tuple[Path, str]]:
    """Yield each folder that becomes a zip, with the place where Lambda unpacks it."""
    for folder in sorted(path for path in build.iterdir() if path.is_dir()):
        yield folder, "/opt" if (folder / "python").is_dir() else "/var/task"


def uncompiled(build: Path) -> list[Path]:
    """Return the ``.py`` files of a build that have no ``.pyc`` of this interpreter."""
    return [
        source
        for source in sorted(build.rglob("*.py"))
        if not Path(cache_from_source(str(source))).is_file()
    ]


def compile_build(build: Path) -> int:
    """Compile every module of a build and return how many there are.

    The bytecode is taken without a look at its source (unchecked hash), for zips change the times
    of files, and names files as Lambda unpacks them, so the same code is the same bytes anywhere.

    Raises:
        UncompiledError: a file did not compile, or this is not the Python of the runtime.
    """
    if sys.version_info[:2] != RUNTIME:
        raise UncompiledError(f"needs Python {RUNTIME[0]}.{RUNTIME[1]}, this is {sys.version}")
    for folder, unpacked in artefacts(build):
        compileall.compile_dir(
            folder,
            maxlevels=99,
            quiet=1,
            force=False,
            workers=0,
            stripdir=str(folder),
            prependdir=unpacked,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
    if left := uncompiled(build):
        raise UncompiledError(f"{len(left)} files have no bytecode, first {left[0]}")
    return sum(1 for _ in build.rglob("*.py"))


def main() -> None:
    """Compile the build named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", type=Path, default=BUILD)
    print(f"compiled {compile_build(parser.parse_args().build)} modules")


if __name__ == "__main__":
    main()
