import importlib.metadata

import litellm
from asks import answer, dig, surface

litellm.telemetry = False
litellm.suppress_debug_info = True
MODELS = {
    "anthropic": "anthropic/claude-sonnet-5-5",
    "openai": "openai/gpt-4.1-mini",
    "gemini": "gemini/gemini-2.5-flash",
}


def ask(model, options, **more):
    if options["timeout"]:
        more["timeout"] = options["timeout"]
    if options["no_retries"]:
        more["max_retries"] = 0
    messages = [{"role": "user", "content": "count"}]
    return litellm.completion(
        model=model, api_key="any", messages=messages, max_tokens=500, extra_headers=options["headers"], **more
    )


def plain(model):
    def work(options, say):
        choice = dig(ask(model, options), "choices", 0)
        say(dig(choice, "message", "content"))
        return dig(choice, "finish_reason")

    return work


def stream(model):
    def work(options, say):
        end = None
        for chunk in ask(model, options, stream=True):
            if chunk.choices:
                say(chunk.choices[0].delta.content)
                end = chunk.choices[0].finish_reason or end
        return end

    return work


answer(
    "litellm",
    {"litellm": importlib.metadata.version("litellm"), "openai": importlib.metadata.version("openai")},
    ["litellm"],
    [
        one
        for name, model in MODELS.items()
        for one in (
            surface(f"{name}-completion", f"{name}: `completion()`", "plain", plain(model)),
            surface(f"{name}-stream", f"{name}: `completion(stream=True)`", "stream", stream(model)),
        )
    ],
)
