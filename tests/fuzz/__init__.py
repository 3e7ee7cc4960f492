"""Fuzzing of the compiled half of the evaluator; `make fuzz` runs `python -m fuzz`."""
