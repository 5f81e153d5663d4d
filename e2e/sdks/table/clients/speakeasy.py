"""Mistral's SDK and OpenRouter's are made by one generator: their calls take the same options."""


def more(options, no_retries=None):
    """no_retries: what switches retries off, for an SDK that has them by itself."""
    said = {"http_headers": options["headers"]}
    if options["timeout"]:
        said["timeout_ms"] = round(options["timeout"] * 1000)
    if options["no_retries"] and no_retries:
        said["retries"] = no_retries
    return said
