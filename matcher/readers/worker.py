"""The process that reads one document: a request as JSON on standard input, the answer as JSON on standard output."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from matcher.errors import MatcherError
from matcher.readers.canonical import framework_to_bytes
from matcher.readers.isolate import BASE_SECONDS, MAX_PAGES, MEMORY_BYTES, PAGE_SECONDS
from matcher.readers.options import ReadOptions
from matcher.readers.registry import reader_named


def limit_resources() -> None:
    """Cap this process's memory and processor time; where the system has no such caps, the parent's time cap holds."""
    try:
        import resource
    except ImportError:  # Windows
        return
    hard = int(BASE_SECONDS + PAGE_SECONDS * MAX_PAGES)
    limits = (
        (resource.RLIMIT_CPU, (BASE_SECONDS, hard)),
        (resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        (resource.RLIMIT_CORE, (0, 0)),
    )
    for name, limit in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, limit)


def allow_pages(pages: int) -> None:
    """Give a limited process the processor time that a document's pages may take; any other process stays as it is."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft == BASE_SECONDS:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (min(hard, soft + int(PAGE_SECONDS * pages)), hard))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return the framework and the report of a request, or the error that refuses the file."""
    options = dict(request["options"])
    options["map_file"] = Path(options["map_file"]) if options["map_file"] else None
    try:
        result = reader_named(request["reader"]).load()(Path(request["path"]), ReadOptions(**options))
    except MatcherError as error:
        fields = {"what": error.what, "where": error.where, "expected": error.expected, "do": error.do}
        return {"error": fields}
    return {"framework": framework_to_bytes(result.framework).decode(), "report": result.report.as_record()}


def main() -> None:
    """Answer one request."""
    limit_resources()
    reply = answer(json.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(json.dumps(reply, ensure_ascii=True).encode("ascii"))


if __name__ == "__main__":
    main()
