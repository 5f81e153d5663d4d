import importlib.metadata

import cohere
from asks import answer, dig, surface

client = cohere.ClientV2(api_key="any")
CHAT = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "count"}]}


def more(options):
    said = {"additional_headers": options["headers"]}
    if options["timeout"]:
        said["timeout_in_seconds"] = options["timeout"]
    if options["no_retries"]:
        said["max_retries"] = 0
    return {"request_options": said}


def chat(options, say):
    answered = client.chat(**CHAT, **more(options))
    say(dig(answered, "message", "content", 0, "text"))
    return dig(answered, "finish_reason")


def stream(options, say):
    end = None
    for event in client.chat_stream(**CHAT, **more(options)):
        if event.type == "content-delta":
            say(dig(event, "delta", "message", "content", "text"))
        if event.type == "message-end":
            end = dig(event, "delta", "finish_reason")
    return end


answer(
    "cohere",
    {"cohere": importlib.metadata.version("cohere")},
    ["cohere"],
    [surface("chat", "`chat()`", "plain", chat), surface("stream", "`chat_stream()`", "stream", stream)],
)
