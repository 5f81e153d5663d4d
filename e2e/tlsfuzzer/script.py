"""Runs one script of tlsfuzzer so that it does the same each time: script.py SCRIPT [its options]."""

import random
import runpy
import sys

from tlsfuzzer import messages

# A script waits 5 seconds for an answer, less than a busy machine may take, and has no option for it.
ANSWER_SECONDS = 60
messages.Connect.__init__.__defaults__ = ((3, 0), ANSWER_SECONDS)

# A script draws its conversations by chance, from a list whose order may come from a set.
random.seed(1)
draw = random.sample
random.sample = lambda population, k, **others: draw(sorted(population, key=str), k, **others)

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
