"""The one way the local machinery gives up: a single clear line, no traceback."""


class CannotStart(Exception):
    """Something outside the program is missing or in the way; the text says what and what to do about it."""
