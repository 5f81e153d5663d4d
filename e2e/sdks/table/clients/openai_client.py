import openai
from asks import answer, dig, surface

client = openai.OpenAI(api_key="any")
MODEL = "gpt-4.1-mini"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "count"}]}
OWN = {"model": MODEL, "input": "count"}


def client_for(options):
    return client.with_options(max_retries=0) if options["no_retries"] else client


def more(options):
    return {"extra_headers": options["headers"], **({"timeout": options["timeout"]} if options["timeout"] else {})}


def chat(options, say):
    completion = client_for(options).chat.completions.create(**CHAT, **more(options))
    say(dig(completion, "choices", 0, "message", "content"))
    return dig(completion, "choices", 0, "finish_reason")


def chat_iterator(options, say):
    end = None
    for chunk in client_for(options).chat.completions.create(**CHAT, stream=True, **more(options)):
        if chunk.choices:
            say(chunk.choices[0].delta.content)
            end = chunk.choices[0].finish_reason or end
    return end


def chat_helper(options, say):
    with client_for(options).chat.completions.stream(**CHAT, **more(options)) as stream:
        completion = stream.get_final_completion()
    say(dig(completion, "choices", 0, "message", "content"))
    return dig(completion, "choices", 0, "finish_reason")


def responses(options, say):
    response = client_for(options).responses.create(**OWN, **more(options))
    say(dig(response, "output_text"))
    return dig(response, "status")


def responses_iterator(options, say):
    end = None
    for event in client_for(options).responses.create(**OWN, stream=True, **more(options)):
        if event.type == "response.output_text.delta":
            say(event.delta)
        if event.type == "response.completed":
            end = event.response.status
        if event.type == "error":
            end = "event: error"
    return end


def responses_helper(options, say):
    with client_for(options).responses.stream(**OWN, **more(options)) as stream:
        response = stream.get_final_response()
    say(dig(response, "output_text"))
    return dig(response, "status")


answer(
    "openai",
    {"openai": openai.__version__},
    ["openai"],
    [
        surface("chat", "`chat.completions.create()`", "plain", chat),
        surface("chat-iterator", "`chat.completions.create(stream=True)`", "stream", chat_iterator),
        surface("chat-helper", "`chat.completions.stream()`, `get_final_completion()`", "stream", chat_helper),
        surface("responses", "`responses.create()`", "plain", responses),
        surface("responses-iterator", "`responses.create(stream=True)`", "stream", responses_iterator),
        surface("responses-helper", "`responses.stream()`, `get_final_response()`", "stream", responses_helper),
    ],
)
