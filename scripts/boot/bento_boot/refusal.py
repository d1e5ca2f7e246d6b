"""The one error that people are meant to read."""


class Refusal(Exception):
    """The instance cannot take its role. The text names what is wrong, the value, and the fix."""
