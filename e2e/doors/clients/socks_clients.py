"""requests or httpx through SOCKS 5, names resolved by the proxy. Prints the statuses."""
import os
import sys

url = os.environ["API_URL"] + "/v1/messages"
proxy = os.environ["PROXY_URL"].replace("http://", "socks5h://")
body = {"model": "m", "max_tokens": 1, "messages": []}
if sys.argv[1] == "requests":
    import requests

    client = requests.Session()
    client.proxies = {"https": proxy}
    statuses = [client.post(url, json=body).status_code for _ in range(2)]
else:
    import ssl

    import httpx

    # httpx knows socks5, by which it lets the proxy resolve names.
    trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    with httpx.Client(proxy=proxy.replace("socks5h", "socks5"), verify=trust) as client:
        statuses = [client.post(url, json=body).status_code for _ in range(2)]
print(*statuses)
