"""What an error of a student's code says, in a line."""


class Stops(Exception):
    """Raised from an error by a check that has a sentence of its own on it."""


def told(error: BaseException) -> str:
    """Return the kind of an error and its message, cut short if that is long."""
    message = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    return f"{message[:200]} ..." if len(message) > 200 else message
