"""The client."""

from __future__ import annotations

from ._configured import Configured
from ._create import CREATE, ENSURE, NEXT
from ._native import given
from ._operation import Call

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typing_extensions import Unpack

    from ._operation import Limits, Operation, T
    from .action import CallOptions, Reply
    from .bulk import Bulk
    from .cancel import Cancel
    from .deletion import Deletion
    from .record import Record
    from .related_records import RelatedRecord, RelatedRecordsPage
    from .site import Site


class Client(Configured):
    """Makes calls to the service. Any number of threads may use one at once; make one and keep it.

    Settings that aren't passed come from the environment, which is read once, when the client is created, or have a
    default. Creating a client sends nothing and needs no credentials.

    After a fork, parent and child can both use it. If a signal handler raises while the main thread is in a call, as
    with Ctrl-C, the call ends within a tenth of a second, and the exception passes on. Its `__cause__` is the EsaError
    of the call, and the error's `outcome` says whether the record may exist. If `__cause__` is None, the call had ended
    already, and may have succeeded.
    """

    def create_routine_related_record(
        self, *, name: str, site_id: int, record_name: str, **limits: Unpack[Limits]
    ) -> Record:
        """Creates a record on a site and ties it to a routine. Requests for the record's name then run the routine.

        name: the routine's name, 1 to 253 bytes of UTF-8.
        site_id: 1 or more.
        record_name: a domain name on the site, 1 to 253 bytes of UTF-8.
        timeout: how long the call may take, in seconds, rounded up to milliseconds. Default: the client's.
        max_attempts: how many attempts may fail in a row. Default: the client's.
        cancel: the Cancel that can cancel the call.

        If the record exists already, the call fails. It never creates a record twice, and loses none: if the
        service's answer doesn't arrive, or doesn't say what happened, it reads the record back from the list of
        the routine's records, until the client's reconcile_horizon or the time limit ends.

        Needs the RAM action `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`, and, to
        read back, `esa:ListRoutineRelatedRecords` on `*`.

        Raises EsaError: its class is the kind of failure, `outcome` says whether the record may exist, and `advice`
        what to do. Raises TypeError for a value of the wrong type, and RuntimeError after close().
        """
        return self._call(CREATE, site_id=site_id, name=name, record_name=record_name, **limits)

    def ensure_routine_related_record(
        self, *, name: str, record_name: str, site_id: int | None = None, **limits: Unpack[Limits]
    ) -> Record:
        """Reads the list first, and creates the record as create_routine_related_record() does if it isn't there.

        If the record exists and is tied to this routine, its origin is Origin.EXISTING. That costs a read and no write,
        so it doesn't wait for other writes of the account. If another record is in the way, the call raises
        ConflictError after the reconcile_horizon: until then, somebody else may have just created the record, and the
        list doesn't show it yet.

        site_id: Default: the site that the record's name belongs to, as get_match_site() finds it.

        Needs the RAM actions that creating needs, `esa:ListRoutineRelatedRecords` on `*` and, without a site_id,
        `esa:GetMatchSite` on `*`.
        """
        return self._call(ENSURE, site_id=site_id, name=name, record_name=record_name, **limits)

    def ensure_routine_related_records(
        self,
        *,
        name: str,
        record_names: Iterable[str],
        site_id: int | None = None,
        timeout: float | None = None,
        record_timeout: float | None = None,
        max_attempts: float | None = None,
        cancel: Cancel | None = None,
    ) -> Bulk:
        """Returns an iterator that ensures a record for each step, as ensure_routine_related_record() does.

            for ensured in client.ensure_routine_related_records(name="my-routine", record_names=names):
                print(ensured.record_name, ensured.error or ensured.result().origin.name)

        Each step returns an Ensured with the record or the error, in the order of record_names. The iterator has a
        length, so `tqdm(...)` around it shows a progress bar. If it saves requests, the routine's records are listed
        first, 20 with a request: a record that exists then costs a twentieth of a call. If a record fails, the others
        are still tried. If it fails for a reason that all share (the credentials, the account), the rest fail too, and
        are not sent. After an interruption, call it again with the same names: it does what is left.

        site_id: Default: the site of each record's name. A record of that name that is tied to the routine counts as
            existing.
        timeout: how long all records together may take, in seconds. Default: no limit.
        record_timeout, max_attempts: for each record. Default: the client's.

        Raises InvalidArgumentError for an invalid name, before anything is sent, and TypeError for a value of the wrong
        type.
        """
        from ._bulk import begin
        from .bulk import Bulk, Ensured
        from .errors import EsaError

        client, call = self._open(), Call(NEXT)
        call.limit("record_timeout", record_timeout, max_attempts, cancel)
        call.allow_interrupts(client)
        names, bulk = begin(client, call, site_id, name, record_names, timeout)

        def ensure(record_name: str) -> Ensured:
            try:
                call.run(bulk)
                return Ensured(record_name=record_name, record=given(call.answer()), error=None)
            except EsaError as failed:
                return Ensured(record_name=record_name, record=None, error=failed.with_traceback(None))

        return Bulk(names, ensure)

    def delete_routine_related_record(
        self, *, name: str, site_id: int, record_name: str, record_id: int | None = None, **limits: Unpack[Limits]
    ) -> Deletion:
        """Deletes a record. If the record doesn't exist, or exists no longer, the call succeeds too.

        record_id: Default: the call finds it by the record's name.

        Needs the RAM action `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`, and,
        without a record_id or to read back, `esa:ListRoutineRelatedRecords` on `*`. Other arguments and errors are as
        with create_routine_related_record().
        """
        from ._delete import DELETE

        return self._call(DELETE, site_id=site_id, name=name, record_name=record_name, record_id=record_id, **limits)

    def list_routine_related_records(
        self,
        *,
        name: str,
        search_key_word: str | None = None,
        page_number: int | None = None,
        page_size: int | None = None,
        **limits: Unpack[Limits],
    ) -> RelatedRecordsPage:
        """Lists a page of a routine's records. related_records() goes through all pages.

        search_key_word: only records whose names match this, by the service's fuzzy match.
        page_number: 1 or more (default 1).
        page_size: 1 to 20 (default 20).

        Needs the RAM action `esa:ListRoutineRelatedRecords` on `*`; a policy for one site doesn't cover it. Changes
        nothing. Other arguments and errors are as with create_routine_related_record().
        """
        from ._list import LIST

        return self._call(
            LIST, name=name, search_key_word=search_key_word, page_number=page_number, page_size=page_size, **limits
        )

    def related_records(
        self, *, name: str, search_key_word: str | None = None, **limits: Unpack[Limits]
    ) -> Iterator[RelatedRecord]:
        """Returns an iterator over all of a routine's records. timeout and max_attempts are for each page.

        It requests a page at a time, and deleting a record moves others to earlier pages: make a list of the records
        before you delete any.
        """
        from itertools import count

        for number in count(1):
            page = self.list_routine_related_records(
                name=name, search_key_word=search_key_word, page_number=number, **limits
            )
            yield from page.records
            if not page.has_more:
                return

    def get_match_site(self, *, record_name: str, **limits: Unpack[Limits]) -> Site:
        """Gets the account's site whose name is the longest suffix of a record's name.

        Needs the RAM action `esa:GetMatchSite` on `*`. Changes nothing. If there is no such site, raises EsaError, with
        ServiceCode.SITE_NOT_FOUND for example. Other arguments and errors are as with create_routine_related_record().
        """
        from ._match_site import MATCH_SITE

        return self._call(MATCH_SITE, record_name=record_name, **limits)

    def call(self, action: str, params: Mapping[str, object] | None = None, **options: Unpack[CallOptions]) -> Reply:
        """Calls any action of the service by its name. Returns the JSON object of the answer as a dict.

            client.call("CreateRoutine", {"Name": "my-routine"})["Status"]

        action: such as "CreateRoutine": 1 to 128 ASCII letters and digits. If the library doesn't know the action, it
            sends it with POST, and treats it as a write.
        params: the parameters by name, 1000 at most. Each goes where the action expects it, into the query or the form.
            One that the library doesn't know goes into the query. A string is sent as it is, a number in decimal, and a
            bool as "true" or "false". None isn't sent. A list or dict is sent as the action expects it: as JSON text,
            or flattened into `Name.1`, `Name.2`.
        query, form: parameters that go there, whatever the library knows about them. A name may be used only once.
        method: "GET" or "POST". Default: what the action expects.
        version: the version of the service's API, a date. Default: "2024-09-10".
        effect: whether the action changes something. Default: what the library knows; Effect.WRITES if it doesn't know
            the action.
        timeout, max_attempts, cancel: as with create_routine_related_record().

        If the answer of an action that changes nothing is lost, the library sends it again. It sends an action that
        changes something again only if nothing was sent, or if the service's code says that nothing has changed, for
        example because the service was busy. If the answer of such an action is lost, the call fails with
        Outcome.UNKNOWN and sends nothing more: read back what it changes. Actions that the service refuses while
        another call of the account runs wait for the client's other writes, as max_concurrent_writes says.

        A success is an HTTP status of 200 to 299 with a JSON object, of 8 MiB at most. The library doesn't interpret
        the object, such as a `Status` in it. Needs the RAM action of the same name, such as `esa:CreateRoutine`. Raises
        EsaError, TypeError and RuntimeError as create_routine_related_record() does.
        """
        from .action import CALL, arguments_of

        return self._call(CALL, **arguments_of(action=action, params=params, **options))

    def close(self) -> None:
        """Closes the connections as soon as calls on other threads have ended. Can be called again."""
        self._owned = None

    def __enter__(self) -> Client:
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the client."""
        self.close()

    def _call(self, operation: Operation[T], **arguments: object) -> T:
        return given(Call(operation, **arguments).make(self._open()))
