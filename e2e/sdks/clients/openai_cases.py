"""Chat and embeddings through OpenAI's SDK: at OpenAI, at Azure, and at gateways."""

import json

from cases import ANSWER, CITY, DESCRIPTION, ECHO, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, same

MODEL = "gpt-4.1-mini"
FUNCTION = {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}
ASK = {
    "tools": [{"type": "function", "function": FUNCTION}],
    "messages": [{"role": "user", "content": QUESTION}],
}


def hello_of(model):
    return {"model": model, "messages": [{"role": "user", "content": "hello"}]}


def chat(own, model):
    def work():
        completion = own.chat.completions.create(**hello_of(model))
        check(completion.choices[0].message.content.startswith(ECHO), completion)
        usage = completion.usage
        same(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens, "usage")

    return work


def chat_streamed(own, model):
    def work():
        more = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(own.chat.completions.create(**hello_of(model), **more))
        check_pieces([c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content])
        check(chunks[-1].usage.completion_tokens > 3, "no usage")

    return work


def chat_tool_loop(own, model):
    def work():
        first = own.chat.completions.create(**ASK, model=model).choices[0]
        call = first.message.tool_calls[0]
        same((first.finish_reason, json.loads(call.function.arguments)), ("tool_calls", CITY), "call")
        result = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
        messages = [*ASK["messages"], first.message, result]
        second = own.chat.completions.create(**{**ASK, "model": model, "messages": messages})
        same(second.choices[0].message.content, ANSWER, "answer")

    return work


def embeddings(own):
    def work():
        data = own.embeddings.create(model="text-embedding-3-small", input=["one", "two"]).data
        same([len(one.embedding) for one in data], [1536, 1536], "dimensions")

    return work


def chat_cases(own, model=MODEL):
    return {
        "chat": chat(own, model),
        "chat, streamed": chat_streamed(own, model),
        "chat, tool loop": chat_tool_loop(own, model),
        "embeddings": embeddings(own),
    }
