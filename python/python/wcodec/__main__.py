"""`python -m wcodec`: the command line tool itself, for files in stores too, and `fit`.

Both are what only this package has.
"""

import sys

from wcodec._native import run_program


def main() -> None:
    """Runs the tool with this process's arguments, and ends with its exit status."""
    sys.stdout.flush()
    if sys.argv[1:2] == ["fit"]:
        # Imported where it is asked for: the other verbs need none of it.
        from wcodec._fit._program import run

        sys.exit(run(sys.argv[2:]))
    from wcodec._remote import run as run_on_urls

    sys.exit(run_on_urls(sys.argv[1:], run_program))


if __name__ == "__main__":
    main()
