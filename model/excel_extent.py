"""How far the first sheet of an Excel file reaches, as a program.

The file on its standard input, its last row and column out, counted from 0. A process of its own: the reader reserves
memory for every cell between the first one and the last: a kilobyte with a cell in each corner ends whoever reads it.
"""

import io
import resource
import sys

import python_calamine

_MOST_MEMORY = 768 << 20

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sheet = python_calamine.load_workbook(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    except Exception as error:  # noqa: BLE001  # a file may be broken in any way, and its reader says so in many
        sys.exit(str(error) or type(error).__name__)
    row, column = sheet.end or (0, 0)
    sys.stdout.write(f"{row} {column}")
