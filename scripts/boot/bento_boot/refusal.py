"""The one error that people are meant to read."""


class Refusal(Exception):
    """The machine cannot take its role. The text says what is wrong, with which value, and what to do."""
