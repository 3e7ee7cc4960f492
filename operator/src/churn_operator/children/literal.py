"""Arguments of containers as they stand: the kubelet would put variables in. Used by whatever writes `args`.

What comes from a spec or from MLflow must not be read like that: $(PGPASSWORD) would be told in a message, and a
variable of spec.pod could lead an address to another host than the one that was checked.
"""


def literal(words: list[str]) -> list[str]:
    """What the container's process gets as these words."""
    return [word.replace("$", "$$") for word in words]
