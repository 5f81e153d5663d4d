import json

from cases import ANSWER, CITY, DESCRIPTION, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, ECHO, check, check_pieces, raises, run, same
from mistralai.client import Mistral, errors

# By itself it does not ask again.
client = Mistral(api_key="any", **({"server_url": MOCK_URL} if MOCK_URL else {}))
MODEL = "mistral-large-latest"
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}}]
ASK = {"model": MODEL, "tools": TOOLS, "messages": [{"role": "user", "content": QUESTION}]}
THINK = {"model": "magistral-medium-latest", "messages": [{"role": "user", "content": "think about it"}]}


def arguments_of(call):
    given = call.function.arguments
    return json.loads(given) if isinstance(given, str) else given


def deltas(stream):
    with stream as events:
        return [event.data.choices[0].delta for event in events]


def chat():
    answer = client.chat.complete(**HELLO)
    check(answer.choices[0].message.content.startswith(ECHO), answer)
    usage = answer.usage
    same(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens, "usage")


def chat_streamed():
    with client.chat.stream(**HELLO) as stream:
        events = [event.data for event in stream]
    check_pieces([e.choices[0].delta.content for e in events if e.choices[0].delta.content])
    same(events[-1].choices[0].finish_reason, "stop", "finish_reason")
    check(events[-1].usage.completion_tokens > 3, "no usage")


def tool_loop():
    first = client.chat.complete(**ASK).choices[0]
    call = first.message.tool_calls[0]
    same((first.finish_reason, arguments_of(call)), ("tool_calls", CITY), "call")
    result = {"role": "tool", "name": TOOL, "tool_call_id": call.id, "content": RESULT}
    second = client.chat.complete(**{**ASK, "messages": [*ASK["messages"], first.message, result]})
    same(second.choices[0].message.content, ANSWER, "answer")


def tool_streamed():
    calls = [call for delta in deltas(client.chat.stream(**ASK)) for call in delta.tool_calls or []]
    same([(call.function.name, arguments_of(call)) for call in calls], [(TOOL, CITY)], "calls")


def reasoning():
    thought, said = client.chat.complete(**THINK).choices[0].message.content
    same((thought.thinking[0].text, said.text), ("They want me to think.", "I have thought."), "content")


def reasoning_streamed():
    chunks = [
        chunk.thinking[0].text
        for delta in deltas(client.chat.stream(**THINK))
        if isinstance(delta.content, list)
        for chunk in delta.content
    ]
    same("".join(chunks), "They want me to think.", "what was thought")


def structured_output():
    schema = {"name": "place", "schema": SCHEMA, "strict": True}
    answer = client.chat.complete(**HELLO, response_format={"type": "json_schema", "json_schema": schema})
    same(json.loads(answer.choices[0].message.content), {"city": "hello"}, "JSON")


def between_two_texts():
    body = {"model": "codestral-latest", "prompt": "hello", "suffix": "return a"}
    check(client.fim.complete(**body).choices[0].message.content.startswith(ECHO), "text")
    check_pieces([delta.content for delta in deltas(client.fim.stream(**body)) if delta.content])


def embeddings_and_models():
    data = client.embeddings.create(model="mistral-embed", inputs=["one", "two"]).data
    same([len(one.embedding) for one in data], [1024, 1024], "dimensions")
    check(len(client.models.list().data) > 3, "no models")
    same(client.models.retrieve(model_id=MODEL).id, MODEL, "one model")


def bad_request():
    error = raises(errors.HTTPValidationError, lambda: client.chat.complete(**HELLO, temperature=3))
    same((error.status_code, error.data.detail[0].loc), (422, ["body", "temperature"]), "error")


def no_such_model():
    error = raises(errors.SDKError, lambda: client.chat.complete(**{**HELLO, "model": "nothing"}))
    same(error.status_code, 400, "status")


run(
    "mistralai",
    {
        "chat": chat,
        "chat, streamed": chat_streamed,
        "chat, tool loop": tool_loop,
        "chat, tool streamed": tool_streamed,
        "reasoning": reasoning,
        "reasoning, streamed": reasoning_streamed,
        "structured output": structured_output,
        "between two texts, both ways": between_two_texts,
        "embeddings and models": embeddings_and_models,
        "bad request": bad_request,
        "no such model": no_such_model,
    },
)
