"""What a client is told whose body is not JSON: where, why, and what to write instead of NaN."""


def not_json(text: str, position: int, reason: str) -> str:
    """The error's text; `position` counts characters, as parsers do, and the answer bytes, as clients see them."""
    place = f"not JSON at byte {len(text[:position].encode('utf-8', 'surrogatepass'))}"
    if text[position : position + 3].lower() == "nan":
        # Python's json writes it, and nothing else reads it.
        return f"{place}; write null for a missing value"
    return f"{place}: {reason}"
