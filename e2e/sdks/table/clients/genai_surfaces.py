"""What Google's SDK asks at Gemini's own API and at Vertex AI."""

from asks import surface
from google.genai import types


def body(options):
    timeout = {"timeout": int(options["timeout"] * 1000)} if options["timeout"] else {}
    config = types.GenerateContentConfig(http_options=types.HttpOptions(headers=options["headers"], **timeout))
    return {"model": "gemini-2.5-flash", "contents": "count", "config": config}


def finish(response):
    if not response.candidates:
        return None
    reason = response.candidates[0].finish_reason
    return None if reason is None else reason.value


def generate_surfaces(client):
    def generate(options, say):
        response = client.models.generate_content(**body(options))
        say(response.text)
        return finish(response)

    def stream(options, say):
        end = None
        for chunk in client.models.generate_content_stream(**body(options)):
            say(chunk.text)
            end = finish(chunk) or end
        return end

    return [
        surface("generate", "`generate_content()`", "plain", generate),
        surface("stream", "`generate_content_stream()`", "stream", stream),
    ]
