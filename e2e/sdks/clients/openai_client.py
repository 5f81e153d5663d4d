import json

import openai
from cases import ANSWER, CITY, ECHO, MOCK_URL, QUESTION, RESULT, check, check_pieces, raises, run, same
from openai_cases import FUNCTION, MODEL, chat_cases, hello_of

client = openai.OpenAI(api_key="any", max_retries=0, **({"base_url": f"{MOCK_URL}/v1"} if MOCK_URL else {}))


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


def models_and_files():
    check(len(list(client.models.list())) > 3, "no models")
    file = client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch")
    same(client.files.content(file.id).read(), b"{}\n", "content")
    check(client.files.delete(file.id).deleted, "not deleted")


def bad_request():
    error = raises(openai.BadRequestError, lambda: client.chat.completions.create(**hello_of(MODEL), temperature=3))
    same((error.param, error.code), ("temperature", "decimal_above_max_value"), "details")


def no_such_model():
    raises(openai.NotFoundError, lambda: client.responses.create(model="claude", input="x"))


run(
    "openai",
    {
        **chat_cases(client),
        "responses": responses,
        "responses, streamed": responses_streamed,
        "responses, tool loop": responses_tool_loop,
        "models and files": models_and_files,
        "bad request": bad_request,
        "no such model": no_such_model,
    },
)
