"""Two hundred hostile files: damaged, encrypted, scanned, oversized, nested, foreign, lying about what they are."""

from __future__ import annotations

import io
import json
import random
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fixtures_gen import cn, rl, scs
from tests.fixtures_gen.model import Doc, Para


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One file: its name, its bytes, and words that the refusal must say ("" where it may be read after all)."""

    name: str
    data: bytes
    says: str = ""


def pdf_of(
    pages: int, *, content: bytes = b"", extra: bytes = b"", resources: bytes = b"<<>>", trailer: bytes = b""
) -> bytes:
    """Return a hand-made PDF whose pages share one content stream."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    kids = b" ".join(b"%d 0 R" % (4 + n) for n in range(pages))
    objects.append(b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids))
    objects.append(b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), extra, content))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources %s>>" % resources
    objects += [page] * pages
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj%s endobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def scanned() -> bytes:
    """Return a PDF of one picture a page and no text."""
    pixels = zlib.compress(bytes(64 * 64))
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
    )
    stream = picture + b"/Length %d>>stream\n%s\nendstream" % (len(pixels), pixels)
    content = b"q 500 0 0 700 40 60 cm /I Do Q"
    body = pdf_of(3, content=content, resources=b"<</XObject<</I 99 0 R>>>>")
    # The picture goes in as an object of its own; readers rebuild the table of objects that is then wrong.
    return body.replace(b"xref\n", b"99 0 obj" + stream + b" endobj\nxref\n", 1)


def encrypted() -> bytes:
    """Return a PDF with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("zz-secret", ownerPassword="zz-owner"), invariant=1)
    canvas.drawString(72, 720, "ZZ")
    canvas.save()
    return buffer.getvalue()


def without_unicode_maps() -> bytes:
    """Return a PDF whose font tells no character: glyphs by number, no map."""
    text = b" ".join(b"<%04x%04x>Tj 0 -14 Td" % (0xE000 + n, 0xE100 + n) for n in range(40))
    font = b"<</Type/Font/Subtype/Type0/BaseFont/ZZ/Encoding/Identity-H/DescendantFonts[<</Type/Font"
    font += b"/Subtype/CIDFontType2/BaseFont/ZZ/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
    font += b"/Supplement 0>>/DW 1000>>]>>"
    content = b"BT /F 12 Tf 72 780 Td " + text + b" ET"
    return pdf_of(1, content=content, resources=b"<</Font<</F " + font + b">>>>")


def document(title: str, *lines: str) -> bytes:
    """Return a small Chinese PDF with a cover title."""
    paras = [Para(text=title, size=20, center=True), *(Para(text=line) for line in lines)]
    return rl.to_pdf(Doc(blocks=tuple(paras), language="zh-Hans"))


def zip_of(parts: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


def _docx(body: str, *, prolog: str = "", more: dict[str, bytes] | None = None) -> bytes:
    text = f"{prolog}<w:document {_W}><w:body>{body}</w:body></w:document>"
    return zip_of({"word/document.xml": text.encode(), "[Content_Types].xml": b"<Types/>", **(more or {})})


def _fixed() -> Iterator[Hostile]:
    yield Hostile(name="encrypted.pdf", data=encrypted(), says="encrypted")
    yield Hostile(name="scanned.pdf", data=scanned(), says="OCR")
    yield Hostile(name="no-maps.pdf", data=without_unicode_maps(), says="Unicode")
    yield Hostile(name="pages.pdf", data=pdf_of(10_000), says="10000 pages")
    yield Hostile(name="empty-pages.pdf", data=pdf_of(3), says="no text layer")
    yield Hostile(name="loop.pdf", data=pdf_of(1).replace(b"/Parent 2 0 R", b"/Parent 4 0 R"), says="")
    yield Hostile(name="kids.pdf", data=pdf_of(1).replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]"), says="")
    yield Hostile(name="lines.pdf", data=pdf_of(1, content=b"0 0 m 9 9 l S " * 200_000), says="")
    face = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    words = b"BT /F 9 Tf " + b"(ZZ)Tj " * 60_000 + b"ET"
    yield Hostile(name="text.pdf", data=pdf_of(1, content=words, resources=face), says="characters")
    bomb = zlib.compress(zlib.compress(bytes(400_000_000), 9), 9)
    yield Hostile(name="stream-bomb.pdf", data=pdf_of(1, content=bomb, extra=b"/Filter[/FlateDecode/FlateDecode]"))
    yield Hostile(name="1x.pdf", data=document("职业技能等级标准", "1+X证书制度试点", "样本职业技能等级"), says="1+X")
    yield Hostile(name="special.pdf", data=document("专项职业能力考核规范", "样本制作"), says="专项职业能力")
    yield Hostile(name="elements.pdf", data=document("理论知识鉴定要素细目表", "样本工"), says="鉴定要素细目表")
    yield Hostile(name="icap.pdf", data=document("職能基準 iCAP", "樣本人員"), says="iCAP")
    yield Hostile(name="other.pdf", data=document("样本通知", "没有表"), says="neither")
    for name in ("1x", "special"):
        text = {"1x": "职业技能等级标准 1+X", "special": "专项职业能力考核规范"}[name]
        yield Hostile(
            name=f"{name}.html",
            data=f"<html><body><h1>{text}</h1><table><tr><td>a</td></tr></table>".encode(),
            says="is a",
        )
    yield Hostile(
        name="laughs.docx", data=_docx("<w:p><w:r><w:t>&j;</w:t></w:r></w:p>", prolog=_LAUGHS), says="entities"
    )
    outside = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield Hostile(
        name="outside.docx", data=_docx("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", prolog=outside), says="entities"
    )
    yield Hostile(name="bomb.docx", data=_docx("x" * 300_000_000), says="unpacks to")
    yield Hostile(
        name="entries.docx",
        data=zip_of({"word/document.xml": b"<a/>", **{f"word/{n}": b"" for n in range(20_001)}}),
        says="parts",
    )
    yield Hostile(name="deep.docx", data=_docx("<w:sdt>" * 5_000 + "</w:sdt>" * 5_000), says="")
    macro = {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0 Sub AutoOpen()"}
    yield Hostile(name="macro.docm", data=_docx("<w:p><w:r><w:t>nothing</w:t></w:r></w:p>", more=macro), says="neither")
    yield Hostile(name="empty.docx", data=_docx(""), says="no text")
    yield Hostile(name="slip.docx", data=zip_of({"../../evil.txt": b"x", "word/document.xml": b"<a/>"}), says="")
    yield Hostile(name="deep.html", data=b"<html><body>" + b"<div>" * 200_000, says="")
    yield Hostile(name="spans.html", data=b"<html><table>" + b"<tr><td rowspan=9999 colspan=9999>x" * 300, says="")
    yield Hostile(
        name="script.html", data=b"<html><body><script>fetch('http://x')</script></body></html>", says="neither"
    )
    yield Hostile(name="deep.json", data=b'{"uoc_code": ' + b"[" * 200_000, says="not JSON")
    yield Hostile(name="flat.json", data=json.dumps({"uoc_code": {"a": 1}}).encode(), says="no unit")
    yield Hostile(name="case.json", data=b'{"CFDocument": {}, "CFItems": 7}', says="CFItems")
    ring = [
        {"associationType": "isChildOf", "originNodeURI": {"identifier": x}, "destinationNodeURI": {"identifier": y}}
        for x, y in (("a", "b"), ("b", "a"))
    ]
    items = [{"identifier": n, "fullStatement": n} for n in ("a", "b")]
    package = {"CFDocument": {}, "CFItems": items, "CFAssociations": ring}
    yield Hostile(name="ring.json", data=json.dumps(package).encode(), says="")
    yield Hostile(name="formulas.csv", data=b'code,title\n=1+1,=HYPERLINK("http://x")\n', says="")
    yield Hostile(
        name="esco.csv", data=b'conceptUri,preferredLabel\n"http://x,unclosed\n', says="cannot be read as a table"
    )


def _mutated(rng: random.Random, name: str, data: bytes) -> Hostile:
    kind = rng.randrange(4)
    if kind == 0:
        return Hostile(name=f"cut-{name}", data=data[: rng.randrange(20, max(21, len(data)))])
    changed = bytearray(data)
    if kind == 1:
        for _ in range(rng.randrange(1, 60)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    elif kind == 2:
        at = rng.randrange(len(changed))
        changed[at : at + rng.randrange(1, 2000)] = b""
    else:
        at = rng.randrange(len(changed))
        changed[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 500)))
    return Hostile(name=f"changed{kind}-{name}", data=bytes(changed))


def hostile_files(seed: int, count: int = 200) -> list[Hostile]:
    """Return the corpus: every fixed case, and good files cut, changed and stuffed at random up to ``count``."""
    rng = random.Random(f"hostile-{seed}")
    files = list(_fixed())
    book = scs.make_book(seed, count=2, languages=("zh-Hant", "en"))
    standard = cn.make_standard(seed)
    good = {
        "book.pdf": rl.to_pdf(book.doc),
        "standard.pdf": rl.to_pdf(standard.doc),
        "units.csv": b"code,level,title_en,performance_en\nZZABCD201A,2,Weld,Know gases\n" * 20,
        "units.json": json.dumps(
            [{"uoc_code": f"9{n:05d}", "uoc_level": 2, "uocItemDescEng_Name": "ZZ"} for n in range(50)]
        ).encode(),
    }
    from tests.fixtures_gen import html

    good["book.html"] = html.to_html(book.doc).encode()
    names = sorted(good)
    while len(files) < count:
        name = names[len(files) % len(names)]
        made = _mutated(rng, name, good[name])
        files.append(Hostile(name=f"{len(files):03d}-{made.name}", data=made.data))
    return files[:count]
