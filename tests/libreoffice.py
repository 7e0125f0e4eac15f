"""LibreOffice Calc in tests: convert a workbook, or edit one as a person does, by a Basic macro."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

SOFFICE = shutil.which("soffice")
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">{0}</script:module>
"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
 library:passwordprotected="false"><library:element library:name="Module1"/></library:library>
"""
# What a person does in a work list, in this order: take the protection off, sort, insert a row and delete one, filter,
# fill in (rows that the filter hides too), save as XLSX. Rows are found by the hidden id, columns by their headings.
_BASIC = """
Dim sheet As Object
Dim last As Long
Dim width As Long

Function column(heading As String) As Long
  For n = 0 To width
    If sheet.getCellByPosition(n, 0).getString() = heading Then
      column = n
      Exit Function
    End If
  Next n
  Error 1001
End Function

Function row(id As String) As Long
  at = column("matcher:id")
  For n = 1 To last
    If sheet.getCellByPosition(at, n).getString() = id Then
      row = n
      Exit Function
    End If
  Next n
  Error 1002
End Function

Sub measure
  cursor = sheet.createCursor()
  cursor.gotoEndOfUsedArea(False)
  last = cursor.RangeAddress.EndRow
  width = cursor.RangeAddress.EndColumn
End Sub

Sub put(id As String, heading As String, text As String)
  sheet.getCellByPosition(column(heading), row(id)).setString(text)
End Sub

Sub arrange(heading As String)
  Dim by(0) As New com.sun.star.table.TableSortField
  Dim how(1) As New com.sun.star.beans.PropertyValue
  by(0).Field = column(heading)
  by(0).IsAscending = False
  how(0).Name = "SortFields"
  how(0).Value = by()
  how(1).Name = "ContainsHeader"
  how(1).Value = False
  sheet.getCellRangeByPosition(0, 1, width, last).sort(how())
End Sub

Sub keep(heading As String, text As String)
  Dim fields(0) As New com.sun.star.sheet.TableFilterField
  area = sheet.getCellRangeByPosition(0, 0, width, last)
  filter = area.createFilterDescriptor(True)
  fields(0).Field = column(heading)
  fields(0).Operator = com.sun.star.sheet.FilterOperator.EQUAL
  fields(0).StringValue = text
  filter.ContainsHeader = True
  filter.setFilterFields(fields())
  area.filter(filter)
End Sub

Sub report(path As String, text As String)
  n = FreeFile
  Open path For Output As #n
  Print #n, text
  Close #n
End Sub

Sub Main
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim saved(0) As New com.sun.star.beans.PropertyValue
  On Error Goto Fault
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  saved(0).Name = "FilterName"
  saved(0).Value = "Calc MS Excel 2007 XML"
  document = StarDesktop.loadComponentFromURL(ConvertToURL({source}), "_blank", 0, hidden())
  sheet = document.Sheets.getByIndex(0)
  sheet.unprotect("")
  measure
{edits}
  document.storeToURL(ConvertToURL({target}), saved())
  document.close(True)
  report {done}, "done"
  Exit Sub
Fault:
  report {done}, Error$ & " (" & Err & ") in line " & Erl
End Sub
"""


def _run(profile: Path, *words: str, timeout: float = 300) -> None:
    subprocess.run(
        [str(SOFFICE), f"-env:UserInstallation=file://{profile}", "--headless", "--norestore", *words],
        check=True, capture_output=True, timeout=timeout,
    )  # fmt: skip


def convert(path: Path, form: str, folder: Path, *, profile: Path, timeout: float = 300) -> Path:
    """Save a workbook in another form through LibreOffice, which reads and writes every cell."""
    _run(profile, "--convert-to", form, "--outdir", str(folder), str(path), timeout=timeout)
    return folder / f"{path.stem}.{form.partition(':')[0]}"


def quoted(text: str) -> str:
    """Return a text as Basic writes it."""
    return " & Chr(10) & ".join('"' + line.replace('"', '""') + '"' for line in text.split("\n"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calc:
    """LibreOffice Calc with a profile of its own."""

    folder: Path

    def edit(self, source: Path, target: Path, edits: Sequence[str]) -> None:
        """Open a work list, edit it by lines of Basic (``put``, ``arrange``, ``keep``, …) and save it as XLSX."""
        profile, done = self.folder / "profile", self.folder / "done.txt"
        library = profile / "user" / "basic" / "Standard"
        if not library.exists():
            # The first start makes the profile, and would put an empty library over ours.
            _run(profile, "macro:///Standard.Module1.Main")
        words = {"source": quoted(str(source)), "target": quoted(str(target)), "done": quoted(str(done))}
        basic = _BASIC.replace("{edits}", "\n".join(f"  {line}" for line in edits))
        for name, word in words.items():
            basic = basic.replace("{" + name + "}", word)
        (library / "Module1.xba").write_text(_MODULE.format(escape(basic)), encoding="utf-8")
        (library / "script.xlb").write_text(_LIBRARY, encoding="utf-8")
        done.unlink(missing_ok=True)
        _run(profile, "macro:///Standard.Module1.Main")
        said = done.read_text(encoding="utf-8", errors="replace").strip() if done.exists() else "the macro did not run"
        if said != "done":
            raise RuntimeError(said)
