"""Loads what programs take longest to import, in the process from which others are forked."""

import os
from importlib import import_module

from rehearsal.generated import learn_types, load

os.nice(5)  # on a busy machine live traffic goes first: a late update is no failed request
import_module("rehearsal.engine.program")
load()
learn_types()
