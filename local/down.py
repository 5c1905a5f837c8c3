"""`make down`: stops the laptop stack and nothing else; `make up` finds it as it was."""

import argparse
import sys

from local import emulator
from local.steps import StepFailedError, step


def main() -> int:
    """Stop the server."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        with step("stop, keeping the state") as shown:
            shown.note = "stopped" if emulator.stop() else "did not run"
    except StepFailedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
