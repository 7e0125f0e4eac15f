"""``matcher serve --reconcile``: the searching that the endpoint needs, put together from the pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matcher.schema import Framework, Suggestion, Unit
    from matcher.serve.guard import Access
    from matcher.serve.reconcile_http import Endpoint


def make_endpoint(
    access: Access, framework: Framework, *, origins: Sequence[str], encoder: str, batch_size: int
) -> Endpoint:
    """Return the endpoint over a framework.

    Args:
        access: Who may ask.
        framework: Whose units are answered.
        origins: Further origins whose pages may ask.
        encoder: The encoder's name.
        batch_size: Texts encoded at a time.

    Raises:
        InputError: An origin is none, or the framework cannot be searched.
    """
    from matcher import pipeline
    from matcher.encode import load_encoder
    from matcher.schema import Framework, Header
    from matcher.search.index import build_index
    from matcher.serve.reconcile import make_service
    from matcher.serve.reconcile_http import Endpoint, checked_origins

    allowed = checked_origins(origins)
    loaded = load_encoder(encoder)
    objects = build_index(framework, loaded, batch_size=batch_size)
    header = framework.header
    like = Header(id="query", jurisdiction=header.jurisdiction, level_frame=header.level_frame)

    def search(unit: Unit, count: int) -> Sequence[Suggestion]:
        subjects = build_index(Framework(header=like, units=(unit,)), loaded)
        wanted = pipeline.Screening(k=min(count, len(objects.ids)), explain=False)
        return next(pipeline.run_screening(subjects, objects, wanted)).suggestions

    return Endpoint(service=make_service(objects.framework, search), access=access, origins=allowed)
