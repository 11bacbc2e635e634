"""Which proxy stands between us and a host: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as programs in Go read them."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class OutProxy:
    """A proxy to connect to. `authorization` is the value of `Proxy-Authorization`, empty for none."""

    host: str
    port: int
    authorization: bytes = b""


def proxy_for(scheme: str, host: str, port: int, environment: Mapping[str, str]) -> OutProxy | None:
    """The proxy for a host; None: connect directly. Never one for loopback.

    Raises ValueError for one that is no HTTP proxy.
    """
    upper = "HTTPS_PROXY" if scheme == "https" else "HTTP_PROXY"
    url = environment.get(upper) or environment.get(upper.lower()) or ""
    if not url or _is_loopback(host):
        return None
    if _is_excepted(host, port, environment.get("NO_PROXY") or environment.get("no_proxy") or ""):
        return None
    return parse_proxy(url)


def parse_proxy(url: str) -> OutProxy:
    """A proxy as the variables name it. Raises ValueError where it is no HTTP proxy; its password is not repeated."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"the proxy of the environment is no HTTP proxy: {parts.scheme}://{parts.hostname or ''}")
    authorization = b""
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = b"Basic " + base64.b64encode(credentials.encode())
    return OutProxy(parts.hostname, parts.port or DEFAULT_PORTS["http"], authorization)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _is_excepted(host: str, port: int, exceptions: str) -> bool:
    return any(_matches(entry.strip().lower(), host.lower(), port) for entry in exceptions.split(",") if entry.strip())


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY means the host: `*`, a network, an address or a domain, with a port or without."""
    if entry == "*":
        return True
    address = _address(host)
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if _address(entry.strip("[]")) is None:
        name, colon, wanted = entry.rpartition(":")
        if colon:
            if wanted != str(port):
                return False
            entry = name
    entry = entry.strip("[]")
    if address is not None or _address(entry) is not None:
        return address == _address(entry)
    domain = entry.removeprefix("*")
    return host.endswith(domain) if domain.startswith(".") else host == domain or host.endswith(f".{domain}")
