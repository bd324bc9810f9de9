"""The smallest workbook that spreadsheets and our reader take."""

import io
import zipfile

import pandas as pd

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def workbook(table: pd.DataFrame) -> bytes:
    """The table as .xlsx: a header, and numbers; NaN is an empty cell."""
    header = [_cell(1, place, f't="inlineStr"><is><t>{name}</t></is>') for place, name in enumerate(table.columns)]
    lines = [f'<row r="1">{"".join(header)}</row>']
    for number, row in enumerate(table.to_numpy().tolist(), start=2):
        cells = [_cell(number, place, f"><v>{value!r}</v>") for place, value in enumerate(row) if value == value]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_OFFICE}'
        '/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="s" sheetId="1" '
        'r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _cell(row: int, place: int, content: str) -> str:
    return f'<c r="{chr(ord("A") + place)}{row}" {content}</c>'
