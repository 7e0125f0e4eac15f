"""One unit at a time in the terminal: what is shown, and what each key does."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from matcher.errors import InputError
from matcher.export.rows import clean, context, languages_for, level_words, matched, titles
from matcher.schema import Suggestion, UnitResult
from matcher.serve.board import Standing
from matcher.serve.desk import Desk, Entered, decide, undo
from matcher.serve.words import all_words
from matcher.store import RELATIONS, Verdict

_VERDICTS: dict[str, Verdict] = {"a": "accept", "p": "partly", "r": "reject", "u": "unsure"}
_STYLES = {"accept": "green", "partly": "yellow", "reject": "red", "unsure": "blue", "no_counterpart": "red"}
_SOURCE = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who reviews what, and in which language."""

    desk: Desk
    reviewer: str
    language: Literal["en", "zh"]

    @property
    def words(self) -> dict[str, str]:
        """Return the words of the session's language."""
        return all_words()["en" if self.language == "en" else "zh-Hans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the reviewer is: which unit, which candidate, and the comment and relation for the next verdict."""

    unit: int
    candidate: int = 0
    comment: str = ""
    relation: str = ""
    said: str = ""


def run_session(session: Session, console: Console, keyboard: TextIO) -> None:
    """Show units and do what keys say, until ``q`` or the end of the keys; each decision is kept at once.

    Args:
        session: The review.
        console: Where units are shown.
        keyboard: A terminal, read key by key, or any text, read character by character; ends of lines say nothing.
    """
    board = session.desk.board
    board.refresh()
    start = board.next_undecided(-1, session.reviewer)
    place = Place(unit=session.desk.catalogue.positions[start] if start is not None else 0)
    keys = _keys(keyboard)
    # What was typed before a unit is shown goes: nobody decides on what they have not seen.
    with _raw(keyboard):
        _show(session, place, console)
        for key in keys:
            if key == "q":
                return
            if key in "\r\n":
                continue
            before, place = place, _act(session, place, key, keys, console)
            if place is not before:
                _show(session, place, console)


def _act(session: Session, place: Place, key: str, keys: Iterator[str], console: Console) -> Place:
    """Return where the reviewer is after a key."""
    desk, words = session.desk, session.words
    count, result = len(desk.catalogue.entries), desk.catalogue.results[place.unit]
    candidates = desk.catalogue.candidates(result)
    if key in "jk" and candidates:
        return Place(unit=place.unit, candidate=(place.candidate + (1 if key == "j" else -1)) % len(candidates))
    if key in "[]":
        return Place(unit=(place.unit + (1 if key == "]" else -1)) % count)
    if key == "n":
        upcoming = desk.board.next_undecided(place.unit, session.reviewer)
        return place if upcoming is None else Place(unit=desk.catalogue.positions[upcoming])
    if key in _VERDICTS and candidates:
        return _decide(session, place, _VERDICTS[key], candidates[place.candidate].object_id)
    if key == "0":
        return _decide(session, place, "no_counterpart", "")
    if key == "z":
        return _undo(session, place)
    if key == "c":
        console.print(f"{words['comment']}: ", end="")
        return _with(place, comment=_line(keys, console))
    if key == "l":
        named = [name for name in RELATIONS if name]
        console.print(" ".join(f"[cyan]{n}[/cyan] {words[name]}" for n, name in enumerate(named, 1)))
        chosen = next(keys, "")
        return _with(place, relation=named[int(chosen) - 1] if chosen in "12345" and chosen else "")
    console.print(_help(words))
    return place


def _with(place: Place, *, comment: str | None = None, relation: str | None = None) -> Place:
    return Place(
        unit=place.unit,
        candidate=place.candidate,
        comment=place.comment if comment is None else comment,
        relation=place.relation if relation is None else relation,
    )


def _decide(session: Session, place: Place, verdict: Verdict, object_id: str) -> Place:
    unit_id = session.desk.catalogue.entries[place.unit].unit_id
    entered = Entered(
        unit_id=unit_id, object_id=object_id, verdict=verdict, relation=place.relation, comment=place.comment
    )
    words = session.words
    try:
        decide(session.desk, session.reviewer, entered, source=_SOURCE)
    except InputError as error:
        # What was typed stays, so that the same key tries again.
        said = f"[bold red]{escape(words['not_saved'])}: {escape(str(error))}[/bold red]"
        return Place(
            unit=place.unit, candidate=place.candidate, comment=place.comment, relation=place.relation, said=said
        )
    said = f"[green]{words['saved']}: {words[verdict]} · {escape(object_id or unit_id)}[/green]"
    return Place(unit=place.unit, candidate=place.candidate, said=said)


def _undo(session: Session, place: Place) -> Place:
    done, words = undo(session.desk, session.reviewer, source=_SOURCE), session.words
    if done is None:
        return Place(unit=place.unit, candidate=place.candidate, said=words["nothing_to_undo"])
    last, catalogue = done[0], session.desk.catalogue
    unit = catalogue.positions[last.subject]
    ids = [s.object_id for s in catalogue.candidates(catalogue.results[unit])]
    said = f"[yellow]{words['undone']}: {words[last.verdict]} · {escape(last.object or last.subject)}[/yellow]"
    return Place(unit=unit, candidate=ids.index(last.object) if last.object in ids else 0, said=said)


def _help(words: dict[str, str]) -> str:
    keys = (
        ("j k", "key_candidate"), ("a p r u", "key_verdict"), ("0", "key_none"), ("n", "key_next"),
        ("\\[ ]", "key_units"), ("z", "key_undo"), ("c", "comment"), ("l", "relation"), ("q", "key_quit"),
    )  # fmt: skip
    return "  ".join(f"[cyan]{key}[/cyan] {words[name]}" for key, name in keys)


def _show(session: Session, place: Place, console: Console) -> None:
    desk, words = session.desk, session.words
    catalogue, query = desk.catalogue, desk.catalogue.query
    desk.board.refresh()
    result = catalogue.results[place.unit]
    standing = desk.board.standing(result.subject_id, session.reviewer)
    done = desk.board.counts(session.reviewer)["decided"]
    if console.is_terminal:
        console.clear()
    total = len(catalogue.entries)
    console.print(
        f"[dim]{place.unit + 1} / {total} · {done} / {total} {words['progress']} · {escape(session.reviewer)}[/dim]"
    )
    level = level_words(query.subjects, result.subject, session.language)
    console.print(
        f"[bold]{escape(clean(result.subject_id))}  {escape(clean(titles(result.subject)))}[/bold]  {escape(level)}  "
        f"[dim]{escape(clean(context(result.subject, 'area')))}[/dim]  {words[standing.state]}",
        highlight=False,
    )
    none = standing.of("")
    if none is not None:
        console.print(f"[red]{words['no_counterpart']}[/red]")
    candidates = catalogue.candidates(result)
    console.print(_candidates(session, candidates, place, standing))
    if candidates:
        _evidence(session, result, candidates[min(place.candidate, len(candidates) - 1)], console)
    for name, text in (("relation", words.get(place.relation, "")), ("comment", clean(place.comment))):
        if text:
            console.print(f"[dim]{words[name]}:[/dim] {escape(text)}")
    if place.said:
        console.print(place.said)
    console.print(f"[dim]{_help(words)}[/dim]")


def _candidates(session: Session, candidates: tuple[Suggestion, ...], place: Place, standing: Standing) -> Table:
    catalogue, words = session.desk.catalogue, session.words
    objects, blind = catalogue.query.objects, catalogue.blind
    table = Table(box=None, show_header=False, padding=(0, 1), expand=True)
    table.add_column(width=4, justify="right", no_wrap=True)
    table.add_column(ratio=4, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    table.add_column(width=7, justify="right", no_wrap=True)
    table.add_column(ratio=2, overflow="fold")
    for number, s in enumerate(candidates):
        mine = standing.of(s.object_id)
        verdict = Text(words[mine.verdict] if mine else "", style=_STYLES[mine.verdict] if mine else "")
        for other in () if blind else standing.of_others(s.object_id):
            verdict.append(f" {clean(other.reviewer)}: {words[other.verdict]}", style="dim")
        chosen = number == place.candidate
        sure = f"{s.score:.3f}" if s.confidence is None else f"{s.confidence:.0%}"
        table.add_row(
            Text(f"{'>' if chosen else ' '}{number + 1 if blind else s.rank}"),
            Text(clean(s.object.title(*languages_for(session.language, objects))), style="bold" if chosen else ""),
            Text(level_words(objects, s.object, session.language), style="dim"),
            Text("" if blind else sure, style="dim"),
            verdict,
        )
    return table


def _evidence(session: Session, result: UnitResult, s: Suggestion, console: Console) -> None:
    words, query = session.words, session.desk.catalogue.query
    place = " · ".join(filter(None, (context(s.object, "occupation"), context(s.object, "function"))))
    console.print(f"[cyan]{escape(clean(s.object_id))}[/cyan]  {escape(clean(place))}", highlight=False)
    pairs = Table(box=None, padding=(0, 1), expand=True, header_style="dim")
    pairs.add_column("", width=4, justify="right")
    pairs.add_column(clean(query.subjects.header.title) or result.subject_id, ratio=1, overflow="fold")
    pairs.add_column(clean(query.objects.header.title) or s.object_id, ratio=1, overflow="fold")
    for left, right, similarity in matched(s, limit=None):
        shown = "" if session.desk.catalogue.blind else f"{similarity:.2f}"
        pairs.add_row(Text(shown, style="dim"), Text(clean(left)), Text(clean(right), style="bright_green"))
    console.print(pairs if s.alignment else Text(words["nothing"], style="dim"))


def _line(keys: Iterator[str], console: Console) -> str:
    """Return what is typed until the end of the line; the last character can be taken back."""
    typed = ""
    for key in keys:
        if key in "\r\n":
            break
        if key in "\x7f\b":
            typed = typed[:-1]
        else:
            typed += key
        if console.is_terminal:
            console.print(f"\r{escape(clean(typed))} ", end="", highlight=False)
    return typed.strip()


def _keys(keyboard: TextIO) -> Iterator[str]:
    """Yield characters: at once where the keyboard is a terminal, else as they are read."""
    while True:
        if keyboard.isatty() and sys.platform == "win32":
            import msvcrt

            key = msvcrt.getwch()
        else:
            key = keyboard.read(1)
        # Ctrl-D ends too; Ctrl-C stays the signal it is.
        if key in ("", "\x04"):
            return
        yield key


@contextlib.contextmanager
def _raw(keyboard: TextIO) -> Iterator[None]:
    """Let a terminal send keys without waiting for the end of the line, and show none of them; put it back after."""
    if not keyboard.isatty() or sys.platform == "win32":
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        yield
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
