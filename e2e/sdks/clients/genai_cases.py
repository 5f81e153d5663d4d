"""What Google's SDK asks at Gemini's own API and at Vertex AI."""

from cases import ANSWER, CITY, DESCRIPTION, ECHO, QUESTION, RESULT, SCHEMA, TOOL, check, raises, same
from google.genai import errors, types

MODEL = "gemini-2.5-flash"
DECLARATION = types.FunctionDeclaration(name=TOOL, description=DESCRIPTION, parameters_json_schema=SCHEMA)
CONFIG = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[DECLARATION])],
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)


def plain(client):
    def work():
        response = client.models.generate_content(model=MODEL, contents="hello")
        check(response.text.startswith(ECHO), response)
        usage = response.usage_metadata
        same(usage.prompt_token_count + usage.candidates_token_count, usage.total_token_count, "usage")

    return work


def streamed(client):
    def work():
        pieces = [chunk.text for chunk in client.models.generate_content_stream(model=MODEL, contents="hello")]
        check(len(pieces) > 3 and "".join(pieces).startswith(ECHO), pieces)

    return work


def tool_loop(client):
    def work():
        first = client.models.generate_content(model=MODEL, contents=QUESTION, config=CONFIG)
        call = first.function_calls[0]
        same((call.name, call.args), (TOOL, CITY), "call")
        contents = [
            types.UserContent(QUESTION),
            first.candidates[0].content,
            types.UserContent(types.Part.from_function_response(name=TOOL, response={"result": RESULT})),
        ]
        second = client.models.generate_content(model=MODEL, contents=contents, config=CONFIG)
        same(second.text, ANSWER, "answer")

    return work


def count(client):
    def work():
        check(client.models.count_tokens(model=MODEL, contents="hello there").total_tokens > 1, "no tokens")

    return work


def embeddings(client):
    def work():
        answer = client.models.embed_content(model="text-embedding-005", contents=["one", "two"])
        same([len(one.values) for one in answer.embeddings], [768, 768], "dimensions")

    return work


def bad_request(client):
    def work():
        config = types.GenerateContentConfig(temperature=3)
        ask = lambda: client.models.generate_content(model=MODEL, contents="hello", config=config)
        same(raises(errors.ClientError, ask).code, 400, "code")

    return work


def generate_cases(client):
    return {
        "plain": plain(client),
        "streamed": streamed(client),
        "tool loop": tool_loop(client),
        "count": count(client),
        "embeddings": embeddings(client),
        "bad request": bad_request(client),
    }
