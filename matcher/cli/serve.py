"""``matcher serve``: the page on which experts review candidates."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import typer

from matcher.cli.opening import (
    BlindOption,
    ObjectsArgument,
    RunOption,
    Screening,
    StoreOption,
    SubjectsArgument,
    both_sides,
    open_run,
    screen_run,
)
from matcher.cli.options import BatchOption, EncoderOption, KOption, SubjectLanguageOption
from matcher.errors import InputError


def serve(
    store: StoreOption,
    subjects: SubjectsArgument = None,
    objects: ObjectsArgument = None,
    run: RunOption = None,
    k: KOption = 10,
    host: Annotated[str, typer.Option("--host", help="Address to answer on; any but this machine needs a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")] = 8765,
    reviewer: Annotated[
        str, typer.Option("--reviewer", help="The reviewer's name; left out, the page asks each reviewer.")
    ] = "",
    token: Annotated[
        str | None, typer.Option("--token", envvar="MATCHER_TOKEN", help="Access token, at least 16 characters.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A further host name that browsers reach this server by.")
    ] = None,
    blind: BlindOption = None,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Screen, keep the run and end; without files, serve opens it at once.")
    ] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Also answer OpenRefine and other reconciliation clients.")
    ] = False,
    reconcile_origin: Annotated[
        list[str] | None,
        typer.Option("--reconcile-origin", metavar="ORIGIN", help="A site whose pages may reconcile too."),
    ] = None,
    subject_language: SubjectLanguageOption = "both",
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
) -> None:
    """Review candidates on a page in the browser; each decision is kept at once.

    Example: matcher serve hk.jsonl cn.jsonl --store decisions.sqlite
    """
    try:
        from matcher.serve.app import create_app
        from matcher.serve.run import open_socket
        from matcher.serve.run import serve as answer
    except ModuleNotFoundError as error:
        raise InputError(
            f"the package {error.name} is not installed",
            where="matcher serve",
            do="pip install fastapi uvicorn jinja2 python-multipart",
        ) from error
    from matcher.cli.reconciling import make_endpoint
    from matcher.serve.board import Board
    from matcher.serve.catalogue import make_catalogue
    from matcher.serve.desk import Desk, checked_reviewer
    from matcher.serve.guard import access_for
    from matcher.serve.reconcile_http import Reconciliation
    from matcher.store import open_store

    access = access_for(host, token, names=name or ())
    fixed = checked_reviewer(reviewer) if reviewer else ""
    sides = both_sides(subjects, objects, run)
    # The port first: a taken one should not show only after a long screening. Preparing alone needs none.
    with open_socket(host, 0 if prepare else port) as listening, open_store(store, create=sides is not None) as opened:
        if sides is None:
            kept = open_run(opened, run)
        else:
            screening = Screening(k=k, subject_language=subject_language, encoder=encoder, batch_size=batch_size)
            kept = screen_run(opened, sides, screening)
        if prepare:
            typer.echo(f"run {kept.id} of {len(kept.results)} units is kept in {opened.where}")
            return
        catalogue = make_catalogue(kept.id, kept.query, kept.results, blind_seed=blind)
        app = create_app(Desk(catalogue=catalogue, board=Board(opened, catalogue), reviewer=fixed), access)
        secret = "?" + urlencode({"token": access.token}) if access.token else ""
        name_shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
        address = f"http://{name_shown}:{listening.getsockname()[1]}/{secret}"
        more = ""
        if reconcile:
            asked = kept.query.objects
            endpoint = make_endpoint(
                access, asked, origins=reconcile_origin or (), encoder=encoder, batch_size=batch_size
            )
            app = Reconciliation(app, endpoint)
            place = address.partition("?")[0].rstrip("/") + endpoint.prefix
            more = f"\nreconciliation (OpenRefine: Add standard service): {place}"
        line = f"{len(catalogue.entries)} units of run {kept.id}: {address}{more}\nCtrl-C ends it; decisions are kept"
        answer(app, listening, started=lambda: typer.echo(line))
