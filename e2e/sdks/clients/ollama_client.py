import ollama
from cases import ANSWER, CITY, DESCRIPTION, ECHO, MOCK_URL, QUESTION, RESULT, SCHEMA, TOOL, check, check_pieces, raises, run, same

# By itself it goes to this machine, where no proxy is asked.
client = ollama.Client(host=MOCK_URL or "http://ollama.test:80")
MODEL = "llama3.2"
HELLO = [{"role": "user", "content": "hello"}]
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": DESCRIPTION, "parameters": SCHEMA}}]
ASK = [{"role": "user", "content": QUESTION}]


def chat():
    answer = client.chat(model=MODEL, messages=HELLO)
    check(answer.message.content.startswith(ECHO) and answer.eval_count > 3, answer)


def streamed():
    lines = list(client.chat(model=MODEL, messages=HELLO, stream=True))
    check_pieces([line.message.content for line in lines if line.message.content])
    same(lines[-1].done, True, "done")


def tool_loop():
    message = client.chat(model=MODEL, messages=ASK, tools=TOOLS).message
    same(dict(message.tool_calls[0].function.arguments), CITY, "arguments")
    messages = [*ASK, message, {"role": "tool", "tool_name": TOOL, "content": RESULT}]
    same(client.chat(model=MODEL, messages=messages, tools=TOOLS).message.content, ANSWER, "answer")


def generate():
    check(client.generate(model=MODEL, prompt="hello").response.startswith(ECHO), "text")


def embeddings_and_models():
    answer = client.embed(model="nomic-embed-text", input=["one", "two"])
    same([len(one) for one in answer.embeddings], [768, 768], "dimensions")
    same(len(client.list().models), 2, "models")


def bad_request():
    error = raises(ollama.ResponseError, lambda: client.chat(model=MODEL, messages=[{"role": "nobody", "content": "x"}]))
    same(error.status_code, 400, "status")


run(
    "ollama",
    {
        "chat": chat,
        "chat, streamed": streamed,
        "tool loop": tool_loop,
        "generate": generate,
        "embeddings and models": embeddings_and_models,
        "bad request": bad_request,
    },
)
