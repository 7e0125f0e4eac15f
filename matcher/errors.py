"""Errors that a person can act on: what, where, what was expected, what to do."""

from __future__ import annotations


class MatcherError(Exception):
    """A fault that ends the command with one line and exit status 2.

    Args:
        what: What is wrong, in one clause.
        where: The file and the place in it (page, sheet, row, column), or "".
        expected: What would have been right, or "".
        do: The next step for the user, or "".
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.do = do

    def __str__(self) -> str:
        """Return the whole message as one line."""
        place = f"{self.where}: " if self.where else ""
        wanted = f"; expected {self.expected}" if self.expected else ""
        step = f"; {self.do}" if self.do else ""
        return " ".join(f"{place}{self.what}{wanted}{step}".split())


class InputError(MatcherError):
    """A file or an argument from the user cannot be used."""


class ArtefactError(MatcherError):
    """A saved artefact (index, encoder) is damaged, foreign or of another version."""


class EncoderError(MatcherError):
    """An encoder cannot be found, loaded or trusted."""
