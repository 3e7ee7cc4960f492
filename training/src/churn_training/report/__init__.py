"""One self-contained HTML page per training: what was learned from which rows, and how good it is.

`train` writes it beside the plots, `publish` gives it to MLflow as an artifact of the run, and `report` of the command
line writes it again from a bundle.
"""
