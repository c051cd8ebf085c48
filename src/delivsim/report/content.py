"""What a report says, in the order in which a planner asks: kept? delivered? how long? where is it tight?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from delivsim.domain.units import format_duration
from delivsim.report import content_platform
from delivsim.report.clock import Clock
from delivsim.report.sections import Cell, Content, Section, cells, line
from delivsim.report.wording import count, decimal, listed, minutes, money, number, percent, plural

if TYPE_CHECKING:
    from delivsim.record.metrics import Verdict
    from delivsim.record.result import Result

_TIMES = {
    "click_to_door": "click to door",
    "click_to_door_overage": "above the target",
    "ready_to_door": "ready to door",
    "ready_to_pickup": "ready to pickup",
}
_STATISTICS = ("mean", "p50", "p90", "p95", "p99", "max")


def report_content(result: Result, verdicts: Sequence[Verdict], *, most: int = 1000) -> Content:
    """
    Put together what the report of a run says, from its summary.

    Parameters
    ----------
    result
        A run.
    verdicts
        What became of its service level objectives.
    most
        At most so many objectives and operations are told one by one.
    """
    summary, clock = result.summary(), Clock.of(result.manifest)
    city = [_orders(summary), _times(summary, result.manifest)] if result.manifest.get("instance") else []
    fleet = [_riders(summary), _dispatch(summary, result.manifest)] if result.manifest.get("instance") else []
    platform = [
        content_platform.operations(summary, most),
        content_platform.services(summary, result.manifest, clock),
    ]
    parts = [_objectives(verdicts, most), *city, *platform, *fleet, content_platform.broker(summary)]
    return Content(
        title=str(result.manifest["name"]),
        subtitle=_subtitle(result, clock),
        warning=_warning(result.manifest, clock),
        sections=tuple(part for part in parts if part is not None),
        closing=(
            f"One evening, one seed ({result.manifest['seed']}): another seed gives other numbers. "
            "Compare several before you decide."
        ),
    )


def _subtitle(result: Result, clock: Clock) -> str:
    manifest = result.manifest
    instance = manifest.get("instance") or {}
    warm_up = f", counted from {clock.time_of_day(manifest['warm_up'])}" if manifest.get("warm_up") else ""
    facts = [
        f"{clock.date()}, {clock.between(0.0, float(manifest['ended_at']))} {manifest.get('timezone') or ''}".rstrip()
        + warm_up,
        plural(instance["n_riders"], "rider") if instance else "",
        f"{manifest['platform']} platform",
        str(manifest.get("policy") or ""),
    ]
    return " · ".join(fact for fact in facts if fact)


def _warning(manifest: Mapping[str, Any], clock: Clock) -> str:
    if manifest.get("interrupted_at") is None:
        return ""
    return f"Interrupted at {clock.time_of_day(manifest['interrupted_at'])}: this is what had happened until then."


def _objectives(verdicts: Sequence[Verdict], most: int) -> Section:
    kept = sum(verdict.holds for verdict in verdicts)
    told = sorted(verdicts, key=lambda verdict: verdict.holds)[:most]
    rows = tuple(
        (
            Cell(words="kept" if verdict.holds else "BROKEN", tone="good" if verdict.holds else "bad"),
            Cell(words=verdict.slo.text),
            Cell(words=_measured(verdict), tone="" if verdict.holds else "bad"),
        )
        for verdict in told
    )
    left_out = f"And {plural(len(verdicts) - len(told), 'more objective')}." if len(verdicts) > len(told) else ""
    note = f"{kept} of {len(verdicts)} kept" if verdicts else ""
    none = "" if verdicts else "The scenario states none."
    return Section(
        title="Objectives",
        note=note,
        rows=rows,
        left=3,
        lines=tuple(line(words, "faint") for words in (left_out, none) if words),
    )


def _measured(verdict: Verdict) -> str:
    if not math.isfinite(verdict.value):
        return verdict.note or "nothing to measure"
    return f"it was {verdict.shown_value}" + (f" ({verdict.note})" if verdict.note else "")


def _orders(summary: Mapping[str, Any]) -> Section:
    orders = summary["orders"]
    placed = orders["placed"]
    names = [name for name in ("delivered", "rejected", "cancelled", "failed", "censored") if name in orders]
    shares = [f" ({percent(orders[name] / placed)})" if orders[name] else "" for name in names]
    row = (
        Cell(words="placed"),
        Cell(words=count(placed)),
        *(Cell(words=f"{count(orders[n])}{s}", tone=_tone(n, orders[n])) for n, s in zip(names, shares, strict=True)),
    )
    reasons = sorted(orders["by_reason"].items(), key=lambda pair: (-pair[1], pair[0]))
    why = listed([f"{reason.replace('_', ' ')} {count(n)}" for reason, n in reasons], 6)
    return Section(
        title="Orders",
        note="placed after warm-up" if summary["window"]["start"] > 0 else "",
        head=("", "all", *names),
        rows=(row,),
        lines=tuple(
            line(words) for words in (f"Not delivered because: {why}." if why else "", _promise(summary)) if words
        ),
        figures=("open_orders", "map"),
    )


def _tone(outcome: str, n: int) -> Any:
    return "bad" if outcome in ("failed", "censored") and n else ""


def _promise(summary: Mapping[str, Any]) -> str:
    share, error = number(summary["orders"]["on_time"]), number(summary["promise_error"]["mean"])
    if not math.isfinite(share):
        return ""
    word = "after" if error > 0 else "before"
    when = (
        f"; deliveries came {minutes(abs(error))} min {word} the time promised on average"
        if math.isfinite(error)
        else ""
    )
    return f"On time: {percent(share)} of all orders{when}."


def _times(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> Section:
    rows = tuple(
        cells(words, *(minutes(number(summary[name][statistic])) for statistic in _STATISTICS))
        for name, words in _TIMES.items()
        if math.isfinite(number(summary[name]["mean"]))
    )
    target = (manifest["instance"].get("rules") or {}).get("target_click_to_door")
    note = "over delivered orders" + (f"; the target is {minutes(target, 0)}" if target else "")
    return Section(
        title="Customer times in minutes",
        note=note,
        head=("", *_STATISTICS),
        rows=rows,
        lines=(line(_parts(summary)) if rows else line("No order was delivered.", "bad"),),
        figures=("click_to_door", "click_to_door_parts"),
    )


def _parts(summary: Mapping[str, Any]) -> str:
    """The mean click-to-door as a sum, in words: what share of the wait the platform itself makes, and what else."""
    total = number(summary["click_to_door"]["mean"])
    means = {name.replace("_", " "): number(part["mean"]) for name, part in summary["click_to_door_parts"].items()}
    words = [
        f"{name} {format_duration(mean)} ({percent(mean / total)})"
        for name, mean in means.items()
        if math.isfinite(mean) and total > 0
    ]
    return f"Click to door is {' + '.join(words)}." if words else ""


def _riders(summary: Mapping[str, Any]) -> Section:
    riders = summary["riders"]
    facts = [
        f"{percent(number(riders['utilization']))} of their time driving or handing over",
        f"{decimal(number(riders['orders_per_hour']), 2)} orders and "
        f"{decimal(number(riders['bundles_per_hour']), 2)} bundles per hour",
        f"paid {money(riders['pay'])}, {money(riders['cost_per_order'])} per order placed",
        f"{percent(number(riders['share_on_guarantee']), 0)} on the guarantee",
    ]
    words = (
        f"{plural(riders['riders'], 'rider')}: {', '.join(facts)}." if riders["riders"] else "No rider was on shift."
    )
    return Section(title="Riders", lines=(line(words),), figures=("busy_riders",))


def _dispatch(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> Section:
    found = summary["dispatch"]
    answers = [
        f"{count(found[name])} {name.replace('_', ' ')}"
        for name in ("accepted", "declined", "timed_out", "withdrawn", "open")
        if found.get(name)
    ]
    told = f" ({', '.join(answers)})" if answers else ""
    bundle = number(found["orders_per_bundle"])
    size = f"; {decimal(bundle, 2)} orders per bundle" if math.isfinite(bundle) else ""
    words = f"{plural(found['decisions'], 'decision')}, {plural(found['offers'], 'offer')}{told}{size}."
    lines = [words]
    if where := manifest.get("outside", {}).get("dispatch"):
        instead = found.get("fallbacks", 0)
        lines.append(f"Decided outside, by {where}: the run repeats itself only if that does.")
        lines += [f"The fallback took {plural(instead, 'decision')} for want of an answer."] if instead else []
    return Section(title="Dispatch", lines=tuple(map(line, lines)))
