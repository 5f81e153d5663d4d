import json
import os

import litellm
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, raises, run, same

litellm.telemetry = False
os.environ.update(AWS_ACCESS_KEY_ID="any", AWS_SECRET_ACCESS_KEY="any", AWS_REGION_NAME="us-east-1")
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}}]


def at(path):
    return {"api_base": f"{MOCK_URL}{path}"} if MOCK_URL else {}


PROVIDERS = {
    "anthropic": {"model": "anthropic/claude-sonnet-5-5", "api_key": "any", **at("")},
    "openai": {"model": "openai/gpt-4.1-mini", "api_key": "any", **at("/v1")},
    "azure": {
        "model": "azure/mine",
        "api_key": "any",
        "api_version": "2024-10-21",
        "api_base": MOCK_URL or "https://mock.openai.azure.com",
    },
    "bedrock": {
        "model": "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
        **({"aws_bedrock_runtime_endpoint": MOCK_URL} if MOCK_URL else {}),
    },
    "gemini": {"model": "gemini/gemini-2.5-flash", "api_key": "any", **at("/v1beta")},
    # Straight at the mock nothing tells its requests from OpenAI's: LiteLLM sends them with OpenAI's SDK.
    **({} if MOCK_URL else {"mistral": {"model": "mistral/mistral-large-latest", "api_key": "any"}}),
    "cohere": {"model": "cohere_chat/command-a-03-2025", "api_key": "any", **at("/v2/chat")},
    "openrouter": {"model": "openrouter/anthropic/claude-sonnet-4.5", "api_key": "any", **at("/api/v1")},
    "litellm_proxy": {
        "model": "litellm_proxy/any-name",
        "api_key": "any",
        "api_base": MOCK_URL or "https://litellm.test/v1",
    },
    "ollama": {"model": "ollama_chat/llama3.2", "api_base": MOCK_URL or "http://ollama.test:80"},
}


def ask(provider, text, **more):
    common = {"max_tokens": 500, "num_retries": 0, "messages": [{"role": "user", "content": text}]}
    return litellm.completion(**{**PROVIDERS[provider], **common, **more})


def plain(provider):
    def work():
        answer = ask(provider, "hello")
        check(answer.choices[0].message.content.startswith(ECHO), answer)
        check(answer.usage.prompt_tokens > 0 and answer.usage.completion_tokens > 3, answer.usage)

    return work


def streamed(provider):
    def work():
        chunks = list(ask(provider, "hello", stream=True))
        pieces = [c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content]
        check(len(pieces) > 3 and "".join(pieces).startswith(ECHO), pieces)

    return work


def tool_loop(provider):
    def work():
        first = ask(provider, QUESTION, tools=TOOLS).choices[0].message
        call = first.tool_calls[0]
        same(json.loads(call.function.arguments), CITY, "arguments")
        result = {"role": "tool", "tool_call_id": call.id, "name": TOOL, "content": RESULT}
        messages = [{"role": "user", "content": QUESTION}, first, result]
        second = ask(provider, "", tools=TOOLS, messages=messages)
        same(second.choices[0].message.content, ANSWER, "answer")

    return work


def no_such_model():
    common = {"api_key": "any", "num_retries": 0, "messages": [{"role": "user", "content": "x"}], **at("/v1")}
    raises(litellm.NotFoundError, lambda: litellm.completion(model="openai/nothing", **common))


run(
    "litellm",
    {
        **{
            f"{provider}: {title}": make(provider)
            for provider in PROVIDERS
            for title, make in {"plain": plain, "streamed": streamed, "tool loop": tool_loop}.items()
        },
        "no such model": no_such_model,
    },
)
