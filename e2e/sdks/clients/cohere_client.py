import json

import cohere
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same

client = cohere.ClientV2(api_key="any", **({"base_url": MOCK_URL} if MOCK_URL else {}))
MODEL = "command-a-03-2025"
ONCE = {"request_options": {"max_retries": 0}}
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}], **ONCE}
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}}]
ASK = {"model": MODEL, "tools": TOOLS, "messages": [{"role": "user", "content": QUESTION}], **ONCE}
THINK = {"model": "command-a-reasoning-08-2025", "messages": [{"role": "user", "content": "think about it"}], **ONCE}


def chat():
    answer = client.chat(**HELLO)
    check(answer.message.content[0].text.startswith(ECHO), answer)
    same(answer.finish_reason, "COMPLETE", "finish_reason")
    check(answer.usage.tokens.input_tokens > 0 and answer.usage.tokens.output_tokens > 3, answer.usage)


def chat_streamed():
    events = list(client.chat_stream(**HELLO))
    check_pieces([e.delta.message.content.text for e in events if e.type == "content-delta"])
    last = events[-1]
    same((last.type, last.delta.finish_reason), ("message-end", "COMPLETE"), "last event")
    check(last.delta.usage.tokens.output_tokens > 3, "no usage")


def tool_loop():
    first = client.chat(**ASK)
    same((first.finish_reason, first.message.tool_plan), ("TOOL_CALL", "Let me look."), "end and plan")
    call = first.message.tool_calls[0]
    same(json.loads(call.function.arguments), CITY, "arguments")
    result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
    second = client.chat(**{**ASK, "messages": [*ASK["messages"], first.message, result]})
    same(second.message.content[0].text, ANSWER, "answer")


def tool_streamed():
    events = list(client.chat_stream(**ASK))
    plan = [e.delta.message.tool_plan for e in events if e.type == "tool-plan-delta"]
    names = [e.delta.message.tool_calls.function.name for e in events if e.type == "tool-call-start"]
    given = [e.delta.message.tool_calls.function.arguments for e in events if e.type == "tool-call-delta"]
    same(("".join(plan), names, json.loads("".join(given))), ("Let me look.", [TOOL], CITY), "call")


def thinking():
    content = client.chat(**THINK, thinking={"type": "enabled"}).message.content
    same((content[0].thinking, content[1].text), ("They want me to think.", "I have thought."), "content")


def thinking_streamed():
    contents = [e.delta.message.content for e in client.chat_stream(**THINK) if e.type == "content-delta"]
    same("".join(one.thinking or "" for one in contents), "They want me to think.", "what was thought")


def structured_output():
    answer = client.chat(**HELLO, response_format={"type": "json_object", "json_schema": SCHEMA})
    same(json.loads(answer.message.content[0].text), {"city": "hello"}, "JSON")


def models():
    check(MODEL in [one.name for one in client.models.list(**ONCE).models], "models")


def bad_request():
    error = raises(cohere.BadRequestError, lambda: client.chat(**HELLO, k=501))
    check("k must be between" in str(error.body), error)


def no_such_model():
    raises(cohere.NotFoundError, lambda: client.chat(**{**HELLO, "model": "nothing"}))


run(
    "cohere",
    {
        "chat": chat,
        "chat, streamed": chat_streamed,
        "tool loop": tool_loop,
        "tool streamed": tool_streamed,
        "thinking": thinking,
        "thinking, streamed": thinking_streamed,
        "structured output": structured_output,
        "models": models,
        "bad request": bad_request,
        "no such model": no_such_model,
    },
)
