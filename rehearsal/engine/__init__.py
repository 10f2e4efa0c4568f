"""Engines that run the program: one embedded in this process, and the real Pulumi CLI."""

from rehearsal.engine.embedded import EmbeddedEngine
from rehearsal.engine.results import Diagnostic, Engine, Observer, Operation, Result, Step, StepEvent
from rehearsal.warm import prepare

__all__ = ["Diagnostic", "EmbeddedEngine", "Engine", "Observer", "Operation", "Result", "Step", "StepEvent", "prepare"]
