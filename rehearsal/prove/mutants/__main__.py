"""The program of `infra/`, with the mistake that the environment names."""

import os
from importlib import import_module

from rehearsal.prove.mutants import patches
from rehearsal.prove.mutants.catalogue import VARIABLE

getattr(patches, os.environ[VARIABLE].replace("-", "_"))()
import_module("infra.__main__")
