"""`./run alerts` that waits two seconds for an answer, not fifteen: `python -m tests.faults.impatient_alerts`.

Seventeen sends that time out would else take most of the tier's time.
"""

import alerts.telegram
from app.cli import run

if __name__ == "__main__":
    alerts.telegram._READ_S = 2.0
    run()
