"""``python -m include.state.migrations URI``: migrate a state database by hand."""

import sys

from include.errors import FashfedError
from include.state.migrations import NEWEST, upgrade


def main(arguments: list[str]) -> int:
    """Migrate the database whose address is the only argument; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m include.state.migrations postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n")
        return 2
    try:
        upgrade(arguments[0])
    except FashfedError as error:
        sys.stderr.write(f"{error}\n{error.next_step}\n")
        return 1
    sys.stdout.write(f"The state database has version {NEWEST} or newer.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
