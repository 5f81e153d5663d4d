import anthropic
from asks import answer, dig, surface

client = anthropic.Anthropic(api_key="any")
BODY = {"model": "claude-sonnet-5-5", "max_tokens": 500, "messages": [{"role": "user", "content": "count"}]}


def client_for(options):
    return client.with_options(max_retries=0) if options["no_retries"] else client


def more(options):
    return {"extra_headers": options["headers"], **({"timeout": options["timeout"]} if options["timeout"] else {})}


def create(options, say):
    message = client_for(options).messages.create(**BODY, **more(options))
    say(dig(message, "content", 0, "text"))
    return dig(message, "stop_reason")


def iterator(options, say):
    end = None
    for event in client_for(options).messages.create(**BODY, stream=True, **more(options)):
        if event.type == "content_block_delta":
            say(event.delta.text)
        if event.type == "message_delta":
            end = event.delta.stop_reason
    return end


def helper(options, say):
    with client_for(options).messages.stream(**BODY, **more(options)) as stream:
        message = stream.get_final_message()
    say("".join(block.text for block in message.content))
    return message.stop_reason


answer(
    "anthropic",
    {"anthropic": anthropic.__version__},
    ["anthropic"],
    [
        surface("create", "`messages.create()`", "plain", create),
        surface("iterator", "`messages.create(stream=True)`", "stream", iterator),
        surface("helper", "`messages.stream()`, `get_final_message()`", "stream", helper),
    ],
)
