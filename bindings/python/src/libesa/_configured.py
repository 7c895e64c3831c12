"""The base of Client and AsyncClient: their settings."""

from __future__ import annotations

import os
from ctypes import byref, sizeof

from . import _native
from ._arguments import count, invalid, milliseconds, optional, optional_text, text, wrong_type
from ._library import library, struct

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping
    from typing import Callable

    from typing_extensions import Unpack

    from .action import CallOptions, SignedRequest
    from .credentials import Credentials
    from .enums import Network
    from .stats import Stats


class Configured(_native.Handle):
    """A client. Settings that aren't passed come from the environment, or have a default."""

    def __init__(
        self,
        *,
        access_key_id: str | None = None,
        access_key_secret: str | None = None,
        security_token: str | None = None,
        credentials_provider: Callable[[float], Credentials] | None = None,
        region: str | None = None,
        endpoint: str | None = None,
        network: Network | None = None,
        proxy: str | None = None,
        connect_timeout: float | None = None,
        attempt_timeout: float | None = None,
        timeout: float | None = None,
        signature_version: int | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        ca_pem: str | None = None,
        user_agent: str | None = None,
        max_idle_connections: float | None = None,
        idle_timeout: float | None = None,
        max_attempts: float | None = None,
        reconcile_horizon: float | None = None,
        max_concurrent_writes: float | None = None,
        write_lock: tuple[Callable[[float], bool | float | None], Callable[[], object]] | None = None,
        write_lock_file: str | os.PathLike[str] | None = None,
        write_lock_hold: float | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        """Creates a client.

        None stands for the default. A number of things or seconds can be math.inf: no limit.

        access_key_id, access_key_secret, security_token: the credentials. The token is for temporary ones of STS only.
            Default: when a call needs credentials, the client looks where the official SDKs look: the environment
            (ALIBABA_CLOUD_ACCESS_KEY_ID, ...), OIDC, the command line's profile, the credentials file, the role of the
            ECS instance, ALIBABA_CLOUD_CREDENTIALS_URI. It refreshes temporary credentials before they expire.
        credentials_provider: a function that returns Credentials instead, for secrets that are kept elsewhere. It gets
            the time that the call has for it, in seconds, and should return within it; nothing else ends it. The client
            calls it while it has no valid credentials, from five to six minutes before they expire (or after half of
            their life, if that is later), and once more if the service says that they have expired. It runs on the
            thread of the call that needs credentials, for one call of the client at a time. AsyncClient runs it on the
            event loop's thread, and the loop does nothing else meanwhile. If it raises an Exception, the call raises
            CredentialsError with the Exception's type and text, which must not contain a secret, and with the Exception
            as `__cause__`. It can make calls with other clients.
        region: "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international ones. Default:
            ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other region needs an endpoint.
        endpoint: the server, instead of the region's: "host", "host:port" or "https://host:port"; "http://..." for this
            machine only. Default: ESA_ENDPOINT of the environment, which must not be empty, else the region's.
        network: the network from which to reach the service if no endpoint is set: Network.PUBLIC (the default), or
            Network.VPC from inside a VPC in the region.
        proxy: the proxy to use: "http://user:password@host:port" (by CONNECT), "host:port", "socks5://..." (this
            machine looks up the endpoint's name), "socks5h://..." (the proxy does); "" for none. Default: HTTPS_PROXY,
            HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY of the environment, which don't apply to this machine.
            Plain http to this machine never uses a proxy.
        connect_timeout, attempt_timeout, timeout: how long it may take to make one connection, one request with its
            connection, and a whole call, in seconds, rounded up to milliseconds (default 5, 10 and 30).
        signature_version: 3 (the default), or 1 for old gateways.
        ca_file, ca_pem: certificate authorities (PEM) to trust instead of the built-in ones. Default: the file that
            SSL_CERT_FILE of the environment names.
        user_agent: the program's own product for the User-Agent header, such as "my-agent/1.2". Default:
            ALIBABA_CLOUD_USER_AGENT of the environment.
        max_idle_connections, idle_timeout: how many unused connections the client keeps at most (default 64, 0: none),
            and for how long, in seconds (default 5).
        max_attempts: how many attempts of a call may fail in a row, 1 or more (default 3). Attempts that the service
            refuses because it is busy with another call of the account don't count: they repeat until the time limit.
        reconcile_horizon: how long a call reads back after its last attempt to find out what a lost answer did, in
            seconds (default 10, 0: it reads back once). It reads back at once, and after 0.25, 0.5, 1, 2, 4 s ...,
            never past the call's deadline. If it finds nothing out, the call fails that much later.
        max_concurrent_writes: how many creates and deletes may run at once (default 1). The others wait, because the
            service refuses a call while another one of the account runs.
        write_lock: two functions, try_acquire and release, for a lock that the client shares with programs or machines
            that write to the same account. Their writes then wait for each other instead of being refused.
            try_acquire(lease) asks for the lock, to hold it for `lease` seconds at most, and returns soon: True if the
            client has the lock; if somebody else has it, False, or in how many seconds to ask again; None to continue
            without the lock, because its server is down. If it raises an Exception, the call raises a LockError with
            the Exception as `__cause__`. release() releases the lock. If the lease is over by then, somebody else may
            hold the lock, and release() must leave theirs. Both run on the threads of calls that write, one at a time,
            each time possibly on another thread. They can make calls with other clients. The lock only keeps order: if
            it is lost, the service refuses writes as busy, and the client repeats them.
        write_lock_file: a file as the lock instead, for the programs of this host. If it is missing, the client creates
            it, for its owner only. It must be on a local file system.
        write_lock_hold: how long the client holds the lock for further writes before others can have it, in seconds
            (default 2, 0: it releases the lock after each write).
        log: the logger for requests (DEBUG), decisions (INFO) and problems (above). It is asked once, here, for which
            levels it is enabled. Lines of other levels are never made. It is called on the thread that makes a call,
            during the call. An Exception that it raises goes to sys.unraisablehook. Its records have the attributes
            esa_call (the number of the call in this process), esa_action, esa_record_name, esa_attempt (of the action),
            esa_http_status, esa_request_id and esa_elapsed_ms (of the request). An attribute that doesn't apply is 0 or
            "".

        Raises InvalidArgumentError for an invalid value, ConfigError if the region is unknown, the endpoint or the
        proxy is invalid or a CA file can't be read, and TypeError for a value of the wrong type.
        """
        config = _native.Config()
        key = {"access_key_id": access_key_id, "access_key_secret": access_key_secret, "security_token": security_token}
        if any(value is not None for value in key.values()):
            if credentials_provider is not None:
                raise invalid("credentials_provider", "can't be given together with an access key")
            config.set("credentials", *(optional_text(name, value) for name, value in key.items()))
        if write_lock is not None and write_lock_file is not None:
            raise invalid("write_lock_file", "can't be given together with write_lock")
        strings = {"region": region, "endpoint": endpoint, "proxy": proxy, "ca_pem": ca_pem, "user_agent": user_agent}
        for name, file in (("ca_file", ca_file), ("write_lock_file", write_lock_file)):
            strings[name] = os.fspath(file) if isinstance(file, os.PathLike) else file
        for name, string in strings.items():
            if string is not None:
                config.set(name, text(name, string))
        times = {"connect_timeout": connect_timeout, "attempt_timeout": attempt_timeout, "timeout": timeout}
        for name, seconds in {**times, "idle_timeout": idle_timeout}.items():
            config.set(name, milliseconds(name, seconds))
        config.set("reconcile_horizon", milliseconds("reconcile_horizon", reconcile_horizon, least=0))
        config.set("write_lock_hold", milliseconds("write_lock_hold", write_lock_hold, least=0))
        config.set("max_attempts", count("max_attempts", max_attempts))
        config.set("max_concurrent_writes", count("max_concurrent_writes", max_concurrent_writes))
        config.set("max_idle_connections", count("max_idle_connections", max_idle_connections, least=0))
        config.set("network", optional("network", network))
        config.set("signature_version", optional("signature_version", signature_version))
        if credentials_provider is not None:
            _set_credentials_provider(config, credentials_provider)
        if write_lock is not None:
            _set_write_lock(config, *write_lock)
        if log is not None:
            _set_log(config, log)
        try:
            client = _native.make("esa_client", config.pointer)
            client.callbacks = config.callbacks
        finally:
            del config, key  # they contain secrets, and an exception would keep them
        self._owned = client
        self._made()

    def _made(self) -> None:
        """Finishes the creation. A kind of client can override it."""

    @property
    def credentials_source(self) -> str:
        """The provider of the credentials that are used; "" before the first call that needs credentials.

        "configuration" (access_key_id), "callback" (credentials_provider), "environment", "oidc", "cli_profile",
        "credentials_file", "ecs_ram_role" or "credentials_uri". Raises RuntimeError after close().
        """
        return _native.decoded(library.esa_client_credentials_source(self._open().pointer))

    def sign(
        self, action: str, params: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> SignedRequest:
        """Signs any action with this client's credentials, endpoint and clock, so that the program can send it.

        Doesn't send the action. Any HTTP library can send it, and read_reply() reads the reply. If the client has no
        credentials yet, or they have expired, it gets some, which can mean to ask a server. AsyncClient's event loop
        waits for that, since sign() is no coroutine. With a `timeout` of 0.001, sign() uses only credentials that the
        client has or that come from this machine.

        Arguments are as with Client.call(). Raises CredentialsError if there are no credentials or they don't come in
        time, InvalidArgumentError for an invalid value, TypeError for one of the wrong type, and RuntimeError after
        close().
        """
        from ._operation import Call
        from .action import SIGN, arguments_of

        call = Call(SIGN, **arguments_of(action=action, params=params, **options))
        return _native.given(call.make(self._open()))

    def stats(self) -> Stats:
        """Returns what this client has done so far. Raises RuntimeError after close()."""
        from .stats import Stats

        stats = struct("esa_stats")
        counts = stats(sizeof(stats))
        library.esa_client_stats(self._open().pointer, byref(counts))
        return _native.read(Stats, counts)


def _set_credentials_provider(config: _native.Config, provide: Callable[[float], Credentials]) -> None:
    if not callable(provide):
        raise wrong_type("credentials_provider", "a function", provide)
    from ._callbacks import ask
    from ._provider import asking

    config.set("credentials_provider", ask, config.user_data(asking(provide)))


def _set_write_lock(config: _native.Config, try_acquire: Callable[..., object], release: Callable[[], object]) -> None:
    for function in (try_acquire, release):
        if not callable(function):
            raise wrong_type("write_lock", "two functions", function)
    from . import _callbacks
    from ._lock import Lock

    lock = config.user_data(Lock(try_acquire, release))
    config.set("write_lock", _callbacks.try_acquire, _callbacks.release, lock)


def _set_log(config: _native.Config, logger: logging.Logger) -> None:
    import logging

    if not isinstance(logger, logging.Logger):
        raise wrong_type("log", "a logging.Logger", logger)
    from ._callbacks import log
    from ._log import forward_to, level_of

    config.set("log", level_of(logger), log, config.user_data(forward_to(logger)))
