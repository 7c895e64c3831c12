"""What Client and AsyncClient have in common: how they are made."""

from __future__ import annotations

import os
from ctypes import byref, sizeof

from . import _native
from ._arguments import INT32, count, invalid, milliseconds, optional, optional_text, text, wrong_type
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
    """A client of the shared library's. What isn't given comes from the environment, or has a default."""

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
        """Makes a client.

        None stands for the default. A number that says how many or how long can be math.inf: no limit.

        access_key_id, access_key_secret, security_token: the credentials, the last for temporary ones of STS only.
            Default: those that are found where the official SDKs find them, when a call needs some: the environment
            (ALIBABA_CLOUD_ACCESS_KEY_ID, ...), OIDC, the command line's profile, the credentials file, the role of the
            ECS instance, ALIBABA_CLOUD_CREDENTIALS_URI. Temporary ones are renewed before they expire.
        credentials_provider: a function that gives the Credentials in place of those, for secrets that are kept
            elsewhere. It is called on the thread of a call that needs them (AsyncClient's: the event loop's, which
            does nothing else until it returns), one call of the client at a time: for the
            first call, from five minutes before they expire on, and once more when the service says that they have. It
            is given the time that the call has left, in seconds, and should return within it; nothing else ends it. An
            Exception that it raises is the reason in the call's CredentialsError, with its type and text, which must
            hold no secret, and the error's `__cause__`. It may make calls with other clients.
        region: "cn-hangzhou" for accounts of the China site, "ap-southeast-1" for international ones. Default:
            ALIBABA_CLOUD_REGION_ID of the environment, else "cn-hangzhou". Any other needs an endpoint.
        endpoint: in place of the region's: "host", "host:port" or "https://host:port"; "http://..." for this machine
            only. Default: ESA_ENDPOINT of the environment, which must not be empty, else the region's.
        network: from where the service is reached, if no endpoint is given: Network.PUBLIC (the default), or
            Network.VPC from inside of a VPC in the region.
        proxy: the proxy to go through: "http://user:password@host:port" (by CONNECT), "host:port", "socks5://..."
            (this machine looks up the endpoint's name), "socks5h://..." (the proxy does); "" for none. Default: what
            HTTPS_PROXY, HTTP_PROXY (for plain http), ALL_PROXY and NO_PROXY of the environment say, which isn't for
            this machine. Plain http to this machine takes no proxy at all.
        connect_timeout, attempt_timeout, timeout: how long one connection, one request and a whole call may take, in
            seconds, rounded up to milliseconds. Default: 5, 10 and 30.
        signature_version: 3 (the default), or 1 for old gateways.
        ca_file, ca_pem: certificate authorities (PEM) to trust in place of the ones that are built in. Default: the
            file that SSL_CERT_FILE of the environment names.
        user_agent: the caller's own product for the User-Agent header, such as "my-agent/1.2". Default:
            ALIBABA_CLOUD_USER_AGENT of the environment.
        max_idle_connections, idle_timeout: how many unused connections are kept at most (default 64, 0: none), and for
            how long, in seconds (default 5).
        max_attempts: how many attempts of a call may fail in a row, 1 or more (default 3). Those that are refused
            because the service is busy with another call of the account don't count: they are made until the time
            limit.
        reconcile_horizon: how long a call goes on reading back to clear up what a lost answer did, once no further
            attempt is made, in seconds: after 0.25, 0.5, 1, 2, 4 s ..., never past the call's deadline (default 10, 0:
            it reads back once). If nothing clears it up, the call fails that much later.
        max_concurrent_writes: how many creates and deletes may be under way at once (default 1). The others wait for
            their turn, because the service refuses a call of an account while another one runs.
        write_lock: two functions, try_acquire and release, for a lock that the client shares with other programs or
            machines which write to the same account, so that their writes wait for each other instead of being refused.
            try_acquire(lease) asks for it, to hold it no longer than lease in seconds, and returns soon: True where the
            client has it; False, or in how many seconds to ask again, where somebody else does; None to go on without
            it, because what gives it is down. An Exception that it raises fails the call with a LockError, and is its
            `__cause__`. release() lets it go; the lease may be over by then. They are called on the threads of calls
            that write, one at a time but on another one each time, and may make calls with other clients. The lock is
            for order alone: where it is lost, writes are refused as busy and made again.
        write_lock_file: in place of that, a file as the lock for the programs of this host. It is made where it is
            missing, for its owner alone, on a local file system.
        write_lock_hold: how long the client holds the lock for further writes before it lets others in, in seconds
            (default 2, 0: it lets the lock go after each write).
        log: where the library says what it does: requests at DEBUG, decisions at INFO, problems above. What the
            logger is enabled for is looked up here, once; lines of other levels are never made. It is called on the
            thread that makes a call, while it does; an Exception that it raises goes to sys.unraisablehook. Its records
            have these attributes: esa_call (the number of the call in this process), esa_action, esa_record_name,
            esa_attempt (of the action), esa_http_status, esa_request_id and esa_elapsed_ms (of the request). What a
            line isn't about is 0 or "".

        Raises InvalidArgumentError if a value can't be used, ConfigError if the region is unknown, the endpoint or the
        proxy is invalid or a CA file can't be read, and TypeError for a value of the wrong type.
        """
        config = _native.Config()
        key = {"access_key_id": access_key_id, "access_key_secret": access_key_secret, "security_token": security_token}
        given = any(value is not None for value in key.values())
        if given and credentials_provider is not None:
            raise invalid("credentials_provider", "can't be given together with an access key")
        if given:
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
        times["idle_timeout"] = idle_timeout
        for name, seconds in times.items():
            config.set(name, milliseconds(name, seconds))
        config.set("reconcile_horizon", milliseconds("reconcile_horizon", reconcile_horizon, least=0))
        config.set("write_lock_hold", milliseconds("write_lock_hold", write_lock_hold, least=0))
        config.set("max_attempts", count("max_attempts", max_attempts))
        config.set("max_concurrent_writes", count("max_concurrent_writes", max_concurrent_writes))
        config.set("max_idle_connections", count("max_idle_connections", max_idle_connections, least=0))
        config.set("network", optional("network", network, INT32))
        config.set("signature_version", optional("signature_version", signature_version, INT32))
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
            del config, key  # which hold the secrets, and an exception would keep them
        self._owned = client
        self._made()

    def _made(self) -> None:
        """For what a kind of client needs besides."""

    @property
    def credentials_source(self) -> str:
        """The name of the provider whose credentials are used; "" before the first call that needed some.

        "configuration" (given to the client), "callback" (its credentials_provider), "environment", "oidc",
        "cli_profile", "credentials_file", "ecs_ram_role" or "credentials_uri". Raises RuntimeError after close().
        """
        return _native.decoded(library.esa_client_credentials_source(self._open().pointer))

    def sign(
        self, action: str, params: Mapping[str, object] | None = None, **options: Unpack[CallOptions]
    ) -> SignedRequest:
        """Signs any action for the program to send itself: with this client's credentials, endpoint and clock.

        Nothing of the action is sent: any HTTP library can do that, and read_reply() reads what comes back. If the
        client has no credentials yet, or they have expired, it gets some, which may ask a server. AsyncClient's event
        loop waits for that, since this is no coroutine: a `timeout` of 0.001 takes only what is there already or comes
        from this machine.

        Arguments are as with Client.call(). Raises CredentialsError if there are no credentials, or they didn't come in
        time, InvalidArgumentError, TypeError for a value of the wrong type, and RuntimeError after close().
        """
        from ._operation import Call
        from .action import SIGN, arguments_of

        call = Call(SIGN, **arguments_of(action=action, params=params, **options))
        return _native.given(call.make(self._open()))

    def stats(self) -> Stats:
        """What this client has done so far. Raises RuntimeError after close()."""
        from .stats import Stats

        stats = struct("esa_stats")
        counts = stats(sizeof(stats))
        library.esa_client_stats(self._open().pointer, byref(counts))
        return Stats(**_native.fields_of(counts, Stats.__annotations__))


def _set_credentials_provider(config: _native.Config, provide: Callable[[float], Credentials]) -> None:
    if not callable(provide):
        raise wrong_type("credentials_provider", "a function", provide)
    from ._callbacks import ask
    from ._provider import asking

    config.set("credentials_provider", ask, config.user_data(asking(provide)))


def _set_write_lock(
    config: _native.Config, try_acquire: Callable[[float], object], release: Callable[[], object]
) -> None:
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
