"""One process of a job: ``python -m matcher.scale.worker FOLDER`` does partitions that no other process has claimed."""

from __future__ import annotations

import sys
from pathlib import Path

from matcher.errors import InputError, MatcherError
from matcher.scale.job import open_job, read_part
from matcher.scale.partition import do_partition


def claim_path(part: Path) -> Path:
    """Return the empty file that says that a process of this machine is at a partition."""
    return part.with_suffix(".claim")


def main(folder: Path) -> None:
    """Do what is left of a job and not claimed."""
    job = open_job(folder)
    for number in range(job.partitions):
        if read_part(job.path_of(number)) is None:
            try:
                claim_path(job.path_of(number)).open("x").close()
            except FileExistsError:
                continue
            except OSError as error:
                raise InputError(f"cannot be written ({error.strerror})", where=str(folder)) from error
            do_partition(job, number)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except MatcherError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
