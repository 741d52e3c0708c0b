"""`python -m wcodec`: the command line tool itself, and `fit`, which only this package has."""

import sys

from wcodec._native import run_program


def main() -> None:
    """Runs the tool with this process's arguments, and ends with its exit status."""
    sys.stdout.flush()
    if sys.argv[1:2] == ["fit"]:
        # Imported where it is asked for: the other verbs need none of it.
        from wcodec._fit._program import run

        sys.exit(run(sys.argv[2:]))
    sys.exit(run_program(["wcodec", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
