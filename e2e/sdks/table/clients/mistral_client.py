import importlib.metadata

from asks import answer, dig, surface
from mistralai.client import Mistral
from speakeasy import more

client = Mistral(api_key="any")
CHAT = {"model": "mistral-large-latest", "messages": [{"role": "user", "content": "count"}]}


def complete(options, say):
    choice = dig(client.chat.complete(**CHAT, **more(options)), "choices", 0)
    say(dig(choice, "message", "content"))
    return dig(choice, "finish_reason")


def stream(options, say):
    end = None
    with client.chat.stream(**CHAT, **more(options)) as events:
        for event in events:
            if event.data.choices:
                say(event.data.choices[0].delta.content or "")
                end = event.data.choices[0].finish_reason or end
    return end


answer(
    "mistralai",
    {"mistralai": importlib.metadata.version("mistralai")},
    ["mistralai"],
    [
        surface("chat", "`chat.complete()`", "plain", complete),
        surface("stream", "`chat.stream()`", "stream", stream),
    ],
)
