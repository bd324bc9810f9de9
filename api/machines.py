"""`/ui/machines`: the models of each machine, how they came to serve, and the wish for a new one."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.pages import render
from api.sparks import score_spark
from api.stores import stores_of
from api.visitors import Here, Written
from core.machine import Machine
from core.shadow import ShadowVerdicts, shadow_verdicts
from core.shown_machines import ShownModels, Wish
from core.training_options import CHOICES, Choice, TrainingOptions

router = APIRouter()


@router.get("/ui/machines")
def machines(request: Request, here: Here) -> Response:
    """The machines that the operator follows, each with its champion."""
    stores = stores_of(request)
    titles = {name: machine.title for name, machine in stores.machines.items() if machine.title}
    return render("machines.html", here=here, machines=stores.models.machines(here.visitor.id), titles=titles)


@router.get("/ui/machines/{name}")
def machine(request: Request, here: Here, name: str) -> Response:
    """Its versions, promotions and training requests."""
    stores = stores_of(request)
    models = stores.models.of(here.visitor.id, name)
    if models is None:
        raise HTTPException(404, NO_SUCH)
    described = stores.machines.get(name)
    under_way = [one for one in models.requests if one.is_under_way]
    over = [one for one in models.requests if not one.is_under_way]
    return render(
        "machine.html",
        here=here,
        name=name,
        title=described.title if described else "",
        models=models,
        courses=_courses(models),
        live=_live(models, described),
        curves=_curves(models),
        under_way=under_way,
        over=over,
        move=stores.champions.newest(here.visitor.id, name),
        holds=stores.holds.waiting(here.visitor.id, name) if here.visitor.role == "engineer" else (),
        choices=CHOICES,
    )


@router.get("/ui/machines/{name}/requests")
def requests(request: Request, here: Here, name: str, seen: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Those under way, as a part of the page; once one that was seen there is over, the whole page is due anew."""
    stores = stores_of(request)
    under_way = stores.models.requests(here.visitor.id, name)
    move = stores.champions.newest(here.visitor.id, name)
    response = render("requests_part.html", here=here, name=name, under_way=under_way, move=move)
    if seen > len(under_way) + (move is not None and move.state == "pending"):
        response.headers["hx-refresh"] = "true"
    return response


@router.post("/ui/machines/{name}/retrain")
def retrain(request: Request, here: Here, fields: Written, name: str) -> Response:
    """Ask for a new model, as the form says."""
    wished = stores_of(request).models.retrain(here.visitor, name, _options(fields), "page")
    if wished.wish is not Wish.REQUESTED:
        raise HTTPException(*REFUSED[wished.wish])
    return RedirectResponse(f"{request.url.path.removesuffix('/retrain')}#requests", 303)


NO_SUCH = "There is no such machine, or you do not follow it."
REFUSED = {
    Wish.NOT_AN_ENGINEER: (403, "Only engineers may ask for a new model."),
    Wish.UNKNOWN_MACHINE: (404, NO_SUCH),
    Wish.UNDER_WAY: (409, "A request for a new model of this machine is under way already: wait for its end."),
}


def _options(fields: Mapping[str, str]) -> TrainingOptions:
    """What the form says; no model named: the champion's."""
    model = fields.get("model", "")
    found: Choice | None = next((name for name in CHOICES if name == model), None)
    if found is None and model:
        raise HTTPException(400, f"Choose one of {', '.join(CHOICES)}, or none for the champion's.")
    return TrainingOptions(found, dry_run="dry_run" in fields, search="search" in fields)


def _courses(models: ShownModels) -> list[tuple[str, str]]:
    """Measures over the versions, oldest first, as lines from 0 to 1."""
    oldest_first = models.versions[::-1]
    lines = {"PR-AUC": [one.pr_auc for one in oldest_first], "F1": [one.f1 for one in oldest_first]}
    return [(title, score_spark(values)) for title, values in lines.items() if len(values) > 1]


def _curves(models: ShownModels) -> list[tuple[str, str]]:
    """What people's verdicts say of the versions, oldest first, as lines from 0 to 1."""
    served = models.served
    lines = {
        "Share of false alarms": [one.false_alarm_share for one in served],
        "Recall": [one.recall for one in served],
    }
    return [(title, score_spark(values)) for title, values in lines.items() if len(values) > 1]


def _live(models: ShownModels, described: Machine | None) -> ShadowVerdicts | None:
    """What the version in the shadow would have raised of what people judged."""
    shadow = models.shadow
    if shadow is None or described is None:
        return None
    threshold = shadow.threshold if described.threshold is None else described.threshold
    return shadow_verdicts(shadow.seen, threshold, described.incident)
