"""What a scenario says under ``instance``: a published day, and what of it is to be otherwise."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from delivsim.city.behavior import BehaviorConfig
from delivsim.city.places import MenusConfig, StoresFile
from delivsim.city.redraw import DrawnDemand
from delivsim.city.roster import Roster, Short
from delivsim.domain.config import Config, refuse
from delivsim.domain.source_path import SourcePath
from delivsim.domain.travel.config import InstanceTravel
from delivsim.domain.units import near_miss, shown
from delivsim.scenario.formats import FORMATS
from delivsim.scenario.rules import RulesConfig


def _known_format(name: str) -> str:
    if name not in FORMATS:
        known = sorted(FORMATS)
        raise ValueError(f"must be one of {', '.join(known)}, got {shown(name)}{near_miss(name, known)}")
    return name


class InstanceConfig(Config):
    """Orders, riders and stores of a published instance."""

    format: Annotated[str, AfterValidator(_known_format), Field(json_schema_extra={"enum": sorted(FORMATS)})]
    """How its files are written."""
    path: SourcePath
    """Where they are, seen from the file that says so."""
    behavior: BehaviorConfig = BehaviorConfig()
    """How its people behave, beyond what the instance says."""
    demand: DrawnDemand | None = None
    """Other orders: {scale: 1.2} for more of the same, a file, or another day's, drawn at rates, each like one of the
    instance."""
    stores: StoresFile = StoresFile()
    """Other stores, from a file; orders name them by the same ids."""
    menus: MenusConfig = MenusConfig()
    """What its stores sell and have, from files."""
    riders: Annotated[Roster, Short()] | None = None
    """Other riders: how many (80: its roster, scaled), shifts, how many from each time of day on, or a file."""
    rules: RulesConfig = RulesConfig()
    """What holds for all of them, instead of what the instance says."""
    travel: InstanceTravel | None = None
    """How its riders get about, instead of what the instance says; {kind: given, ...} changes only some of that."""

    @model_validator(mode="after")
    def _no_facts(self) -> Self:
        drawn = self.demand is not None and self.demand.is_drawn
        if drawn and self.behavior.kitchens.preparation_starts == "given":
            rule = "must be on_order or on_accept where demand is drawn: such orders have no ready time that is a fact"
            raise refuse((("behavior", "kitchens", "preparation_starts"), rule))
        return self
