"""One request with the client that is named, to the URL that is given; prints the status that the client got."""
import asyncio
import json
import ssl
import sys

name, origin = sys.argv[1:]
url = origin + "/v1/messages"
message = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
body = json.dumps(message).encode()
headers = {"content-type": "application/json"}


def urllib_client():
    import urllib.error
    import urllib.request

    try:
        return urllib.request.urlopen(urllib.request.Request(url, body, headers)).status
    except urllib.error.HTTPError as error:
        return error.code


def http_client():
    import http.client
    import urllib.parse

    connection = http.client.HTTPSConnection(urllib.parse.urlsplit(url).netloc)
    connection.request("POST", "/v1/messages", body, headers)
    return connection.getresponse().status


def requests_client():
    import requests

    return requests.post(url, data=body, headers=headers).status_code


def requests_without_environment():
    import requests

    session = requests.Session()
    session.trust_env = False
    return session.post(url, data=body, headers=headers).status_code


def urllib3_client():
    import urllib3

    return urllib3.PoolManager(retries=False).request("POST", url, body=body, headers=headers).status


def urllib3_certifi():
    import certifi
    import urllib3

    return urllib3.PoolManager(ca_certs=certifi.where(), retries=False).request("POST", url, body=body, headers=headers).status


def httpx_client():
    import httpx

    return httpx.post(url, content=body, headers=headers).status_code


def httpx_transport():
    import httpx

    return httpx.Client(transport=httpx.HTTPTransport(retries=1)).post(url, content=body, headers=headers).status_code


def httpx_without_environment():
    import httpx

    return httpx.Client(trust_env=False).post(url, content=body, headers=headers).status_code


async def httpx_async():
    import httpx

    async with httpx.AsyncClient() as client:
        return (await client.post(url, content=body, headers=headers)).status_code


async def httpx_async_transport():
    import httpx

    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=1)) as client:
        return (await client.post(url, content=body, headers=headers)).status_code


async def aiohttp_client():
    import aiohttp

    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=body, headers=headers) as response:
            return response.status


async def aiohttp_certifi():
    import aiohttp
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), trust_env=False) as session:
        async with session.post(url, data=body, headers=headers) as response:
            return response.status


def truststore_client():
    import truststore

    truststore.inject_into_ssl()
    return urllib3_client()


def botocore_client():
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    session = URLLib3Session(proxies=get_environ_proxies(url))
    return session.send(AWSRequest("POST", url, headers, body).prepare()).status_code


def anthropic_client():
    import anthropic

    try:
        anthropic.Anthropic(api_key="none", base_url=origin, max_retries=0).messages.create(**message)
    except anthropic.APIStatusError as error:
        return error.status_code


async def anthropic_async():
    import anthropic

    try:
        await anthropic.AsyncAnthropic(api_key="none", base_url=origin, max_retries=0).messages.create(**message)
    except anthropic.APIStatusError as error:
        return error.status_code


def openai_client():
    import openai

    try:
        client = openai.OpenAI(api_key="none", base_url=origin + "/v1", max_retries=0)
        client.chat.completions.create(model="gpt-5", messages=message["messages"])
    except openai.APIStatusError as error:
        return error.status_code


clients = {
    "urllib": urllib_client,
    "http.client": http_client,
    "requests": requests_client,
    "requests, trust_env=False": requests_without_environment,
    "urllib3": urllib3_client,
    "urllib3, certifi": urllib3_certifi,
    "httpx": httpx_client,
    "httpx, a transport of its own": httpx_transport,
    "httpx, trust_env=False": httpx_without_environment,
    "httpx, async": httpx_async,
    "httpx, async, a transport of its own": httpx_async_transport,
    "aiohttp": aiohttp_client,
    "aiohttp, certifi, trust_env=False": aiohttp_certifi,
    "truststore": truststore_client,
    "botocore": botocore_client,
    "anthropic": anthropic_client,
    "anthropic, async": anthropic_async,
    "openai": openai_client,
}
result = clients[name]()
print("status=%s" % (asyncio.run(result) if asyncio.iscoroutine(result) else result))
