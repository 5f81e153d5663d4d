import importlib.metadata

from asks import answer, surface
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI


def more(options):
    said = {"api_key": "any", "default_headers": options["headers"]}
    if options["timeout"]:
        said["timeout"] = options["timeout"]
    if options["no_retries"]:
        said["max_retries"] = 0
    return said


MODELS = {
    "anthropic": lambda options: ChatAnthropic(model="claude-sonnet-5-5", **more(options)),
    "openai": lambda options: ChatOpenAI(model="gpt-4.1-mini", **more(options)),
}


def text_of(message):
    text = message.text
    return text() if callable(text) and not isinstance(text, str) else str(text)


def end_of(message):
    metadata = message.response_metadata
    return metadata.get("stop_reason") or metadata.get("finish_reason")


def invoke(model_for):
    def work(options, say):
        message = model_for(options).invoke("count")
        say(text_of(message))
        return end_of(message)

    return work


def stream(model_for):
    def work(options, say):
        end = None
        for chunk in model_for(options).stream("count"):
            say(text_of(chunk))
            end = end_of(chunk) or end
        return end

    return work


answer(
    "langchain",
    {
        name: importlib.metadata.version(name)
        for name in ("langchain", "langchain-core", "langchain-anthropic", "langchain-openai", "anthropic", "openai")
    },
    ["langchain_core", "langchain_anthropic", "langchain_openai", "langchain"],
    [
        one
        for name, model_for in MODELS.items()
        for one in (
            surface(f"{name}-invoke", f"{name}: `invoke()`", "plain", invoke(model_for)),
            surface(f"{name}-stream", f"{name}: `stream()`", "stream", stream(model_for)),
        )
    ],
)
