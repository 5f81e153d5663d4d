import json

import openai
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same

client = openai.OpenAI(api_key="any", max_retries=0, **({"base_url": f"{MOCK_URL}/v1"} if MOCK_URL else {}))
azure = openai.AzureOpenAI(
    api_key="any",
    api_version="2024-10-21",
    max_retries=0,
    azure_endpoint=MOCK_URL or "https://mock.openai.azure.com",
)
MODEL = "gpt-4.1-mini"
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]}
FUNCTION = {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}
ASK = {
    "model": MODEL,
    "tools": [{"type": "function", "function": FUNCTION}],
    "messages": [{"role": "user", "content": QUESTION}],
}


def chat(own):
    def work():
        completion = own.chat.completions.create(**HELLO)
        check(completion.choices[0].message.content.startswith(ECHO), completion)
        usage = completion.usage
        same(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens, "usage")

    return work


def chat_streamed(own):
    def work():
        chunks = list(own.chat.completions.create(**HELLO, stream=True, stream_options={"include_usage": True}))
        check_pieces([c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content])
        check(chunks[-1].usage.completion_tokens > 3, "no usage")

    return work


def chat_tool_loop(own):
    def work():
        first = own.chat.completions.create(**ASK).choices[0]
        call = first.message.tool_calls[0]
        same((first.finish_reason, json.loads(call.function.arguments)), ("tool_calls", CITY), "call")
        result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
        messages = [*ASK["messages"], first.message, result]
        second = own.chat.completions.create(**{**ASK, "messages": messages})
        same(second.choices[0].message.content, ANSWER, "answer")

    return work


def responses():
    response = client.responses.create(model=MODEL, input="hello")
    check(response.output_text.startswith(ECHO), response)


def responses_streamed():
    with client.responses.stream(model=MODEL, input="hello") as stream:
        check_pieces([event.delta for event in stream if event.type == "response.output_text.delta"])
        same(stream.get_final_response().status, "completed", "status")


def responses_tool_loop():
    tools = [{"type": "function", **FUNCTION, "strict": False}]
    first = client.responses.create(model=MODEL, tools=tools, input=QUESTION)
    call = next(item for item in first.output if item.type == "function_call")
    same(json.loads(call.arguments), CITY, "arguments")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": RESULT}
    second = client.responses.create(model=MODEL, tools=tools, input=[output], previous_response_id=first.id)
    same(second.output_text, ANSWER, "answer")


def embeddings(own):
    def work():
        data = own.embeddings.create(model="text-embedding-3-small", input=["one", "two"]).data
        same([len(one.embedding) for one in data], [1536, 1536], "dimensions")

    return work


def models_and_files():
    check(len(list(client.models.list())) > 3, "no models")
    file = client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch")
    same(client.files.content(file.id).read(), b"{}\n", "content")
    check(client.files.delete(file.id).deleted, "not deleted")


def bad_request():
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(**HELLO, temperature=3))
    same((error.param, error.code), ("temperature", "decimal_above_max_value"), "details")


def no_such_model():
    raises(openai.NotFoundError, lambda: client.responses.create(model="claude", input="x"))


run(
    "openai",
    {
        **{
            f"{prefix}{title}": make(own)
            for prefix, own in {"": client, "Azure ": azure}.items()
            for title, make in {
                "chat": chat,
                "chat, streamed": chat_streamed,
                "chat, tool loop": chat_tool_loop,
                "embeddings": embeddings,
            }.items()
        },
        "responses": responses,
        "responses, streamed": responses_streamed,
        "responses, tool loop": responses_tool_loop,
        "models and files": models_and_files,
        "bad request": bad_request,
        "no such model": no_such_model,
    },
)
