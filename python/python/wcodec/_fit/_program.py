"""`wcodec fit`, a command of the Python package's tool alone."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from wcodec._fit import fit
from wcodec._fit._memory import DEFAULT_RESERVE
from wcodec.errors import BadDataError, WcodecError

_BAD_DATA, _FAILED = 1, 2


def run(arguments: Sequence[str]) -> int:
    """Prints what fits, and returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        found = fit(given.model, given.gpu, given.context, given.batch, given.reserve)
    except WcodecError as error:
        print(f"error: {error}", file=sys.stderr)
        return _BAD_DATA if isinstance(error, BadDataError) else _FAILED
    print(json.dumps(found.as_dict(), indent=2) if given.json else found)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wcodec fit",
        description="Say in which form a model fits a GPU: dense, packed, or with layers "
        "offloaded. Only headers and config.json are read.",
    )
    parser.add_argument("model", help="a folder of .wcodec or safetensors files with config.json")
    parser.add_argument("--gpu", required=True, metavar="SIZE", help="such as 24GB or 80GiB")
    parser.add_argument("--context", type=int, default=4096, metavar="TOKENS", help="of a sequence")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="sequences at a time")
    parser.add_argument(
        "--reserve",
        default=DEFAULT_RESERVE,
        metavar="SIZE",
        help="what driver and kernels take (default %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser
