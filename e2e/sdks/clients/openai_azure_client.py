import openai
from cases import MOCK_URL, raises, run
from openai_cases import MODEL, chat_cases, hello_of

client = openai.AzureOpenAI(
    api_key="any",
    api_version="2024-10-21",
    max_retries=0,
    azure_endpoint=MOCK_URL or "https://mock.openai.azure.com",
)


def bad_request():
    raises(openai.BadRequestError, lambda: client.chat.completions.create(**hello_of(MODEL), temperature=3))


run("openai", {**chat_cases(client), "bad request": bad_request}, name="openai at Azure")
