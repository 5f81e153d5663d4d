import openai
from asks import answer, dig, surface
from openai_surfaces import MODEL, chat_surfaces, client_for, more

client = openai.OpenAI(api_key="any")
OWN = {"model": MODEL, "input": "count"}


def responses(options, say):
    response = client_for(client, options).responses.create(**OWN, **more(options))
    say(dig(response, "output_text"))
    return dig(response, "status")


def responses_iterator(options, say):
    end = None
    for event in client_for(client, options).responses.create(**OWN, stream=True, **more(options)):
        if event.type == "response.output_text.delta":
            say(event.delta)
        if event.type == "response.completed":
            end = event.response.status
        if event.type == "error":
            end = "event: error"
    return end


def responses_helper(options, say):
    with client_for(client, options).responses.stream(**OWN, **more(options)) as stream:
        response = stream.get_final_response()
    say(dig(response, "output_text"))
    return dig(response, "status")


answer(
    "openai",
    {"openai": openai.__version__},
    ["openai"],
    [
        *chat_surfaces(client),
        surface("responses", "`responses.create()`", "plain", responses),
        surface("responses-iterator", "`responses.create(stream=True)`", "stream", responses_iterator),
        surface("responses-helper", "`responses.stream()`, `get_final_response()`", "stream", responses_helper),
    ],
)
