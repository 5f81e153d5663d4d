"""Passes bodies on while they come, as all other contenders do, and says where it listens."""

import json
from pathlib import Path

from mitmproxy import ctx


def load(loader):
    loader.add_option("ready_file", str, "", "written once the proxy listens")


def running():
    ((_, port, *_), *_) = ctx.master.addons.get("proxyserver").listen_addrs()
    written = Path(ctx.options.ready_file + ".part")
    written.write_text(json.dumps({"port": port}))
    written.rename(ctx.options.ready_file)


def requestheaders(flow):
    flow.request.stream = True


def responseheaders(flow):
    flow.response.stream = True
