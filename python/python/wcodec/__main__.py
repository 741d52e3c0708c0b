"""`python -m wcodec`: the command line tool itself."""

import sys

from wcodec._native import run_program


def main() -> None:
    """Runs the tool with this process's arguments, and ends with its exit status."""
    sys.stdout.flush()
    sys.exit(run_program(["wcodec", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
