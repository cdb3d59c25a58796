"""Mutated files of each kind, in forked children with limits: nothing may come of them but a verdict or one line.

    PYTHONPATH=tests python -m fuzzing COUNT      # so many of each kind, 200 of each by the command; `make fuzz` takes 10,000

`mutation` makes the files, `crew` tries them on all cores, and `campaign` counts what came of them.
"""
