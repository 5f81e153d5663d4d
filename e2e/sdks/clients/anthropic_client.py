import anthropic
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same

client = anthropic.Anthropic(api_key="any", max_retries=0, **({"base_url": MOCK_URL} if MOCK_URL else {}))
BASE = {"model": "claude-sonnet-5-5", "max_tokens": 2000}
HELLO = {**BASE, "messages": [{"role": "user", "content": "hello"}]}
ASK = {
    **BASE,
    "tools": [{"name": TOOL, "description": DESCRIPTION, "input_schema": SCHEMA}],
    "messages": [{"role": "user", "content": QUESTION}],
}


def plain():
    message = client.messages.create(**HELLO)
    check(message.content[0].text.startswith(ECHO), message)
    check(message.usage.input_tokens > 0 and message.usage.output_tokens > 5, message.usage)


def streamed():
    with client.messages.stream(**HELLO) as stream:
        check_pieces(list(stream.text_stream))
        same(stream.get_final_message().stop_reason, "end_turn", "stop_reason")


def tool_loop():
    first = client.messages.create(**ASK)
    call = next(block for block in first.content if block.type == "tool_use")
    same((first.stop_reason, call.name, call.input), ("tool_use", TOOL, CITY), "call")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": RESULT}
    messages = [*ASK["messages"], {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    same(client.messages.create(**{**ASK, "messages": messages}).content[0].text, ANSWER, "answer")


def tool_streamed():
    with client.messages.stream(**ASK) as stream:
        call = next(block for block in stream.get_final_message().content if block.type == "tool_use")
    same(call.input, CITY, "input")


def thinking():
    body = {**BASE, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    with client.messages.stream(**body, messages=[{"role": "user", "content": "think about it"}]) as stream:
        same([block.type for block in stream.get_final_message().content], ["thinking", "text"], "blocks")


def count_and_models():
    messages = HELLO["messages"]
    count = client.messages.count_tokens(model=BASE["model"], messages=messages).input_tokens
    same(count, client.messages.create(**HELLO).usage.input_tokens, "input tokens")
    same(len(list(client.models.list())), 3, "models")


def bad_request():
    error = raises(anthropic.BadRequestError, lambda: client.messages.create(**{**HELLO, "max_tokens": 0}))
    same(error.status_code, 400, "status")


def no_such_model():
    raises(anthropic.NotFoundError, lambda: client.messages.create(**{**HELLO, "model": "gpt"}))


run(
    "anthropic",
    {
        "plain": plain,
        "streamed": streamed,
        "tool loop": tool_loop,
        "tool streamed": tool_streamed,
        "thinking": thinking,
        "count_tokens and models": count_and_models,
        "bad request": bad_request,
        "no such model": no_such_model,
    },
)
