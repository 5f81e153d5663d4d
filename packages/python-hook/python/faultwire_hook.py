"""Leads connections to Faultwire's proxy where no variable does, and has them trust its CA.

Nothing is imported here that the program does not import itself: each patch waits until its module is loaded.
A connection that is led begins with a header of the PROXY protocol, version 2, which has no answer. So the socket can be
handed to the program at once.
"""
import sys

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_state = {"complained": False}


def _complain(error):
    """One line, once: the program goes on in any case."""
    if _state["complained"]:
        return
    _state["complained"] = True
    sys.stderr.write(
        "faultwire: the hook for Python does not work here, so requests may go round the proxy: %s\n" % error
    )


class Settings:
    """What is read of the environment, once."""

    def __init__(self, environment):
        proxy = environment.get("FAULTWIRE_PROXY", "")
        scheme, _, rest = proxy.partition("://")
        host, _, port = rest.rstrip("/").rpartition(":")
        if scheme != "http" or not host or not port.isdigit():
            raise ValueError("FAULTWIRE_PROXY is not of the form http://HOST:PORT")
        self.proxy = (host.strip("[]"), int(port))
        self.targets = [entry.split("*") for entry in _listed(environment.get("FAULTWIRE_TARGETS"))]
        self.exempt = _listed(environment.get("NO_PROXY") or environment.get("no_proxy"))
        self.ca = environment.get("FAULTWIRE_CA")
        self.bundle = environment.get("FAULTWIRE_CA_BUNDLE")

    def leads(self, host, port):
        """Whether a connection goes to the proxy: to a target always, else on the web's ports, unless it is exempt."""
        if port == self.proxy[1] and (host == self.proxy[0] or (_is_loopback(host) and _is_loopback(self.proxy[0]))):
            return False
        if any(_matches(parts, host) for parts in self.targets):
            return True
        return port in (80, 443) and not _is_loopback(host) and not any(_covers(one, host, port) for one in self.exempt)


def _listed(text):
    return (text or "").lower().replace(",", " ").split()


def _matches(parts, host):
    """Whether a host is what stands between the stars of a pattern."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return host == first
    if not host.startswith(first) or not host.endswith(last) or len(host) < len(first) + len(last):
        return False
    at, end = len(first), len(host) - len(last)
    for part in parts[1:-1]:
        found = host.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _covers(entry, host, port):
    """Whether an entry of NO_PROXY is about a host."""
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and (":" not in name or name.endswith("]")):
        if int(digits) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if entry == "*":
        return True
    entry = entry[1:] if entry.startswith("*.") else entry
    entry = entry.lstrip(".")
    return host == entry or host.endswith("." + entry)


def _is_loopback(host):
    if host in ("localhost", "::1", "::", "0.0.0.0") or host.endswith(".localhost"):
        return True
    parts = (host[7:] if host.startswith("::ffff:") else host).split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isdigit() for part in parts)


def _destination(settings, host, port):
    """The host in the form in which the proxy is told it; None for a connection that is not led."""
    if isinstance(host, bytes):
        host = host.decode("latin-1")
    if not isinstance(host, str) or not isinstance(port, int):
        return None
    host = host.lower().rstrip(".")
    if not host.isascii() or not 0 < len(host) < 256 or not 0 < port < 65536:
        return None
    return (host, port) if settings.leads(host, port) else None


def _header(host, port):
    name = host.encode("ascii")
    # Addresses and the source's port are unknown: zero. 2 is the type of the authority.
    body = bytes(10) + port.to_bytes(2, "big") + b"\x02" + len(name).to_bytes(2, "big") + name
    return _SIGNATURE + b"\x21\x11" + len(body).to_bytes(2, "big") + body


def _named_as(original, replacement):
    """The replacement, with the original's names and words."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(replacement, name, getattr(original, name, None))
    replacement.__wrapped__ = original
    return replacement


def _guarded(settings, host, port):
    try:
        return _destination(settings, host, port)
    except Exception as error:
        _complain(error)
        return None


def _lead_create_connection(settings, module):
    """`create_connection` of socket and of urllib3: `(address, timeout, source_address, …)` gives a connected socket."""
    original = module.create_connection

    def create_connection(address, *args, **kwargs):
        try:
            host, port = address[:2]
        except Exception:
            return original(address, *args, **kwargs)
        led = _guarded(settings, host, port)
        if led is None:
            return original(address, *args, **kwargs)
        # An address of this machine's own leads outwards, not to the proxy.
        kwargs.pop("source_address", None)
        args = args[:1] + (None,) * len(args[1:2]) + args[2:]
        sock = original(settings.proxy, *args, **kwargs)
        try:
            sock.sendall(_header(*led))
        except BaseException:
            sock.close()
            raise
        return sock

    module.create_connection = _named_as(original, create_connection)


def _lead_async_backend(name):
    """`connect_tcp` of one of httpcore's asynchronous backends gives a stream."""

    def patch(settings, module):
        backend = getattr(module, name)
        original = backend.connect_tcp

        async def connect_tcp(self, host, port, timeout=None, local_address=None, **kwargs):
            led = _guarded(settings, host, port)
            if led is None:
                return await original(self, host, port, timeout=timeout, local_address=local_address, **kwargs)
            stream = await original(self, *settings.proxy, timeout=timeout, **kwargs)
            try:
                await stream.write(_header(*led), timeout)
            except BaseException:
                await stream.aclose()
                raise
            return stream

        backend.connect_tcp = _named_as(original, connect_tcp)

    return patch


def _trust_environment(settings, module):
    """aiohttp reads the proxy variables only when it is asked to."""
    session = module.ClientSession
    original = session.__init__

    def __init__(self, *args, **kwargs):
        kwargs["trust_env"] = True
        original(self, *args, **kwargs)

    session.__init__ = _named_as(original, __init__)


def _replace_roots(settings, module):
    """certifi's roots are a file of its own. Ours has the roots of this machine and the CA."""
    if not settings.bundle:
        return

    def where():
        return settings.bundle

    def contents():
        with open(settings.bundle, encoding="ascii") as file:
            return file.read()

    replacements = {"where": _named_as(module.where, where), "contents": _named_as(module.contents, contents)}
    originals = {name: getattr(module, name) for name in replacements}
    # The package has names of its own for both, where it was imported before us.
    for owner in (module, sys.modules.get("certifi")):
        for name, replacement in replacements.items():
            if getattr(owner, name, None) is originals[name]:
                setattr(owner, name, replacement)


def _add_root(settings, module):
    """truststore asks the system, which does not know the CA."""
    if not settings.ca:
        return
    context = module.SSLContext
    original = context.__init__

    def __init__(self, *args, **kwargs):
        original(self, *args, **kwargs)
        try:
            self.load_verify_locations(cafile=settings.ca)
        except Exception as error:
            _complain(error)

    context.__init__ = _named_as(original, __init__)


_PATCHES = {
    "socket": _lead_create_connection,
    "urllib3.util.connection": _lead_create_connection,
    "httpcore._backends.anyio": _lead_async_backend("AnyIOBackend"),
    "httpcore._backends.trio": _lead_async_backend("TrioBackend"),
    "httpcore2._backends.anyio": _lead_async_backend("AnyIOBackend"),
    "httpcore2._backends.trio": _lead_async_backend("TrioBackend"),
    "aiohttp.client": _trust_environment,
    "certifi.core": _replace_roots,
    "truststore._api": _add_root,
}


class _Loader:
    """Loads a module as its own loader does, and then patches it."""

    def __init__(self, loader, patch):
        self._loader = loader
        self._patch = patch

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        spec = module.__spec__
        spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._patch(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)


class _Finder:
    """Finds the modules that are patched, by all the other finders."""

    def __init__(self, patch):
        self._patch = patch

    def find_spec(self, name, path=None, target=None):
        if name not in _PATCHES:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec = find and find(name, path, target)
            if not spec:
                continue
            if hasattr(spec.loader, "exec_module"):
                spec.loader = _Loader(spec.loader, lambda module: self._patch(name, module))
            return spec
        return None


def install(environment):
    """Installs the patches, for modules that are there and for those that come. Without FAULTWIRE_PROXY nothing is done."""
    if not environment.get("FAULTWIRE_PROXY"):
        return
    settings = Settings(environment)

    def patch(name, module):
        try:
            _PATCHES[name](settings, module)
        except Exception as error:
            _complain(error)

    sys.meta_path.insert(0, _Finder(patch))
    for name in _PATCHES:
        if name in sys.modules:
            patch(name, sys.modules[name])
