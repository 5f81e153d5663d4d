import openai
from asks import answer
from openai_surfaces import chat_surfaces

client = openai.AzureOpenAI(
    api_key="any", api_version="2024-10-21", azure_endpoint="https://mock.openai.azure.com"
)
answer("openai", {"openai": openai.__version__}, ["openai"], chat_surfaces(client), at="Azure")
