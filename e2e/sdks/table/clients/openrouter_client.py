import importlib.metadata

from asks import answer, dig, surface
from openrouter import OpenRouter
from openrouter.utils import RetryConfig
from speakeasy import more

client = OpenRouter(api_key="any")
NO_RETRIES = RetryConfig("none", None, False)
CHAT = {"model": "anthropic/claude-sonnet-4.5", "messages": [{"role": "user", "content": "count"}]}


def send(options, say):
    choice = dig(client.chat.send(**CHAT, **more(options, NO_RETRIES)), "choices", 0)
    say(dig(choice, "message", "content"))
    return dig(choice, "finish_reason")


def stream(options, say):
    end = None
    with client.chat.send(**CHAT, stream=True, **more(options, NO_RETRIES)) as chunks:
        for chunk in chunks:
            if chunk.choices:
                say(chunk.choices[0].delta.content or "")
                end = chunk.choices[0].finish_reason or end
    return end


answer(
    "openrouter",
    {"openrouter": importlib.metadata.version("openrouter")},
    ["openrouter"],
    [
        surface("send", "`chat.send()`", "plain", send),
        surface("stream", "`chat.send(stream=True)`", "stream", stream),
    ],
)
