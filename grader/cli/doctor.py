"""`grader doctor`: what this machine gives, and how to get more."""

from __future__ import annotations

import dataclasses
import json

import click

from grader.sandbox.devices import present
from grader.sandbox.probe import Machine, examine


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor(form: str) -> None:
    """What this machine gives: sandbox level, devices, limits, and how to get more."""
    machine = examine()
    devices = _devices()
    if form == "json":
        click.echo(
            json.dumps({**dataclasses.asdict(machine), "devices": devices, "next_steps": machine.next_steps})
        )
    else:
        click.echo("\n".join(_lines(machine, devices)))


def _devices() -> list[str]:
    return [f"{device.name} {device.model}".strip() for device in present().devices]


def _lines(machine: Machine, devices: list[str]) -> list[str]:
    lines = [f"Sandbox level: {machine.level}", f"  {machine.promise}", f"System: {machine.system}"]
    lines += [f"Devices: {', '.join(devices)}"]
    lines += [f"  no {kind}: {why}" for kind, why in present().missing.items()]
    lines += ["Walls:"]
    lines += [f"  {'yes' if wall.there else 'no ':3}  {wall.name}: {wall.note}" for wall in machine.walls]
    if machine.next_steps:
        lines += ["To get more:", *(f"  - {step}" for step in machine.next_steps)]
    return lines
