import importlib.metadata

import ollama
from asks import answer, dig, surface

BODY = {"model": "llama3.2", "messages": [{"role": "user", "content": "count"}]}


def client_for(options):
    timeout = {"timeout": options["timeout"]} if options["timeout"] else {}
    return ollama.Client(host="http://ollama.test:80", headers=options["headers"], **timeout)


def chat(options, say):
    answered = client_for(options).chat(**BODY)
    say(dig(answered, "message", "content"))
    return dig(answered, "done_reason")


def stream(options, say):
    end = None
    for line in client_for(options).chat(**BODY, stream=True):
        say(line.message.content)
        end = line.done_reason or end
    return end


answer(
    "ollama",
    {"ollama": importlib.metadata.version("ollama")},
    ["ollama"],
    [surface("chat", "`chat()`", "plain", chat), surface("stream", "`chat(stream=True)`", "stream", stream)],
)
