"""`/ui/machines/NAME/reports/SHA256`: the report of one training, as it lies in the bucket."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.pages import render
from api.stores import stores_of
from api.visitors import Here

router = APIRouter()


@router.get("/ui/machines/{name}/reports/{sha256}")
def report(request: Request, here: Here, name: str, sha256: str) -> Response:
    """Drawn from the facts in the database: this process has no key of the bucket."""
    found = stores_of(request).reports.of(here.visitor, name, sha256)
    if found is None:
        raise HTTPException(404, "There is no such report, or you do not follow its machine.")
    return render("training_report.html", here=here, report=found, zone=here.visitor.zone)
