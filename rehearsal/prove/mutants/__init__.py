"""Mutants: the program, each time with one mistake that it must not make. What catches none of them proves nothing."""

from rehearsal.prove.mutants.catalogue import MUTANTS, Mutant
from rehearsal.prove.mutants.play import mutant, shown_in

__all__ = ["MUTANTS", "Mutant", "mutant", "shown_in"]
