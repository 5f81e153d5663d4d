import json

from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same
from openrouter import OpenRouter, errors
from openrouter.utils import RetryConfig

at = {"server_url": f"{MOCK_URL}/api/v1"} if MOCK_URL else {}
client = OpenRouter(api_key="any", retry_config=RetryConfig("none", None, False), **at)
MODEL = "anthropic/claude-sonnet-4.5"
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}}]
ASK = {"model": MODEL, "tools": TOOLS, "messages": [{"role": "user", "content": QUESTION}]}
THINK = {"model": MODEL, "messages": [{"role": "user", "content": "think about it"}], "reasoning": {"effort": "low"}}


def chunks_of(asked):
    with client.chat.send(**asked, stream=True) as stream:
        return list(stream)


def chat():
    answer = client.chat.send(**HELLO)
    check(answer.choices[0].message.content.startswith(ECHO), answer)
    usage = answer.usage
    same(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens, "usage")


def chat_streamed():
    chunks = chunks_of(HELLO)
    check_pieces([c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content])
    check(chunks[-1].usage.completion_tokens > 3, "no usage")


def tool_loop():
    first = client.chat.send(**ASK).choices[0]
    call = first.message.tool_calls[0]
    same((first.finish_reason, json.loads(call.function.arguments)), ("tool_calls", CITY), "call")
    result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
    second = client.chat.send(**{**ASK, "messages": [*ASK["messages"], first.message, result]})
    same(second.choices[0].message.content, ANSWER, "answer")


def tool_streamed():
    calls = [call for c in chunks_of(ASK) if c.choices for call in c.choices[0].delta.tool_calls or []]
    given = "".join(call.function.arguments or "" for call in calls)
    same((calls[0].function.name, json.loads(given)), (TOOL, CITY), "call")


def reasoning():
    message = client.chat.send(**THINK).choices[0].message
    same((message.reasoning, message.content), ("They want me to think.", "I have thought."), "message")
    thought = [c.choices[0].delta.reasoning or "" for c in chunks_of(THINK) if c.choices]
    same("".join(thought), "They want me to think.", "streamed")


def structured_output():
    schema = {"name": "place", "schema": SCHEMA, "strict": True}
    answer = client.chat.send(**HELLO, response_format={"type": "json_schema", "json_schema": schema})
    same(json.loads(answer.choices[0].message.content), {"city": "hello"}, "JSON")


def models():
    check(MODEL in [one.id for one in client.models.list().result.data], "models")


def no_such_model():
    work = lambda: client.chat.send(**{**HELLO, "model": "nothing"})
    error = raises(errors.BadRequestResponseError, work)
    same(error.data.error.message, "nothing is not a valid model ID", "message")


run(
    "openrouter",
    {
        "chat": chat,
        "chat, streamed": chat_streamed,
        "tool loop": tool_loop,
        "tool streamed": tool_streamed,
        "reasoning": reasoning,
        "structured output": structured_output,
        "models": models,
        "no such model": no_such_model,
    },
)
