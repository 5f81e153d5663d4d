"""Chat through OpenAI's SDK: at OpenAI, at Azure, and at gateways."""

from asks import dig, surface

MODEL = "gpt-4.1-mini"


def client_for(client, options):
    return client.with_options(max_retries=0) if options["no_retries"] else client


def more(options):
    return {"extra_headers": options["headers"], **({"timeout": options["timeout"]} if options["timeout"] else {})}


def chat_surfaces(client, model=MODEL):
    asked = {"model": model, "messages": [{"role": "user", "content": "count"}]}

    def chat(options, say):
        completion = client_for(client, options).chat.completions.create(**asked, **more(options))
        say(dig(completion, "choices", 0, "message", "content"))
        return dig(completion, "choices", 0, "finish_reason")

    def chat_iterator(options, say):
        end = None
        for chunk in client_for(client, options).chat.completions.create(**asked, stream=True, **more(options)):
            if chunk.choices:
                say(chunk.choices[0].delta.content)
                end = chunk.choices[0].finish_reason or end
        return end

    def chat_helper(options, say):
        with client_for(client, options).chat.completions.stream(**asked, **more(options)) as stream:
            completion = stream.get_final_completion()
        say(dig(completion, "choices", 0, "message", "content"))
        return dig(completion, "choices", 0, "finish_reason")

    return [
        surface("chat", "`chat.completions.create()`", "plain", chat),
        surface("chat-iterator", "`chat.completions.create(stream=True)`", "stream", chat_iterator),
        surface("chat-helper", "`chat.completions.stream()`, `get_final_completion()`", "stream", chat_helper),
    ]
