"""The client: makes the calls."""

from __future__ import annotations

from ._configured import Configured
from ._create import CREATE, ENSURE, NEXT
from ._native import given
from ._operation import Call

TYPE_CHECKING = False  # typing's, whose import costs as much as this package's
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

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

    Everything that isn't given comes from the environment, which is read here and never again, or has a default.
    Nothing is sent, and no credentials are needed yet.

    After a fork, parent and child can both go on with it. Where a signal's handler raises while the main thread is in
    a call, as with Ctrl-C, the call ends within a tenth of a second and the exception goes on. Its `__cause__` is then
    the EsaError of the call, whose `outcome` says whether the record may exist; if that is None, the call had
    ended, and may have succeeded.
    """

    def create_routine_related_record(
        self, *, name: str, site_id: int, record_name: str, **limits: Unpack[Limits]
    ) -> Record:
        """Creates a record on a site and ties it to a routine, so that requests for its name run the routine.

        name: the routine's; record_name: a domain name on the site. Each 1 to 253 bytes of UTF-8.
        site_id: 1 or more.
        timeout: how long the call may take, in seconds, rounded up to milliseconds. Default: the client's.
        max_attempts: how many attempts may fail in a row. Default: the client's.
        cancel: what can cancel the call.

        A record that exists already is an error. One that this call created is never lost and never doubled: if the
        service's answer doesn't arrive, or doesn't say what became of the request, the record is read back from the
        list of the routine's records, until the client's reconcile_horizon or the time limit ends.

        Needs the RAM action `esa:CreateRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`, and to
        read back `esa:ListRoutineRelatedRecords` on `*`.

        Raises EsaError: its class says the kind, `outcome` whether the record may exist, `advice` what to do. Besides,
        TypeError for a value of the wrong type, and RuntimeError after close().
        """
        return self._call(CREATE, site_id=site_id, name=name, record_name=record_name, **limits)

    def ensure_routine_related_record(
        self, *, name: str, record_name: str, site_id: int | None = None, **limits: Unpack[Limits]
    ) -> Record:
        """Reads the list first, and creates the record like create_routine_related_record() if it isn't there.

        One that exists and is tied to this routine has Origin.EXISTING. It costs a read and no write, so it doesn't
        wait for other writes of the account. One that is in the way raises ConflictError after the reconcile_horizon:
        until then it may be one that somebody else has created a moment ago, and that the list doesn't show yet.

        site_id: Default: the site that the record's name belongs to, as get_match_site() finds it.

        Besides what creating needs, this needs the RAM actions `esa:ListRoutineRelatedRecords` and, without a site_id,
        `esa:GetMatchSite`, both on `*`.
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
        """Ensures many records of a routine as the iterator is asked for them, like ensure_routine_related_record().

            for ensured in client.ensure_routine_related_records(name="my-routine", record_names=names):
                print(ensured.record_name, ensured.error or ensured.result().origin.name)

        Each step gives an Ensured, with the record or the error, in the order of record_names. It has a length, so that
        `tqdm(...)` around it is a progress bar. The routine's records are listed first, 20 with a request, where that
        pays: what exists costs a twentieth of a call. One that fails doesn't keep the others from being tried, unless
        it fails for a reason that all of them share (the credentials, the account): then the rest fail with it, without
        being sent. Run again with the same names, after it was interrupted for instance, it does what is left to do.

        site_id: Default: of each record's own name; one of that name that is tied to the routine is taken for the one.
        timeout: how long all of them together may take, in seconds. Default: as long as it takes.
        record_timeout, max_attempts: for each record. Default: the client's.

        Raises InvalidArgumentError for a name that can't be read, before anything is sent, and what a single call
        raises for a value of the wrong type.
        """
        from ._bulk import begin, named
        from .bulk import Bulk, Ensured
        from .errors import EsaError

        names, client, call = named(record_names), self._open(), Call(NEXT)
        call.limit("record_timeout", record_timeout, max_attempts, cancel)
        call.allow_interrupts(client)
        bulk = begin(client, call, site_id, name, names, timeout)

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
        """Deletes a record, so that it is gone afterwards: one that doesn't exist (any more) is a success as well.

        record_id: Default: it is found by the record's name.

        Needs the RAM action `esa:DeleteRoutineRelatedRecord` on `acs:esa:{region}:{account}:site/{site id}`; without a
        record_id, and to find out what became of a lost request, `esa:ListRoutineRelatedRecords` on `*`. Other
        arguments and errors are as with create_routine_related_record().
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
        """Lists a page of a routine's records; related_records() goes through all pages.

        search_key_word: only records whose name has something to do with this, by the service's fuzzy match.
        page_number: from 1 on; default 1. page_size: 1 to 20; default 20.

        Needs the RAM action `esa:ListRoutineRelatedRecords` on `*`; a policy for one site doesn't cover it. Other
        arguments and errors are as with create_routine_related_record(); nothing is changed.
        """
        from ._list import LIST

        return self._call(
            LIST, name=name, search_key_word=search_key_word, page_number=page_number, page_size=page_size, **limits
        )

    def related_records(
        self, *, name: str, search_key_word: str | None = None, **limits: Unpack[Limits]
    ) -> Iterator[RelatedRecord]:
        """All of a routine's records, a page at a time; timeout and max_attempts are for each page.

        Deleting moves what follows to earlier pages: make a list of the records before you delete any.
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

        Needs the RAM action `esa:GetMatchSite` on `*`. Raises EsaError with ServiceCode.SITE_NOT_FOUND or its like
        if there is none. Other arguments and errors are as with create_routine_related_record(); nothing is changed.
        """
        from ._match_site import MATCH_SITE

        return self._call(MATCH_SITE, record_name=record_name, **limits)

    def call(self, action: str, params: Mapping[str, object] | None = None, **options: Unpack[CallOptions]) -> Reply:
        """Calls any action of the service, by its name, and returns the JSON object that it answers with, as a dict.

            client.call("CreateRoutine", {"Name": "my-routine"})["Status"]

        action: such as "CreateRoutine": 1 to 128 ASCII letters and digits. One that the library doesn't know is sent
            all the same, with POST, and as a write.
        params: the parameters, by their names. Each goes where the action wants it, into the query or the form; one
            that the library doesn't know into the query. A string is sent as it is, a number in decimal, a bool as
            "true" or "false"; None isn't sent. A list or dict is sent as the action wants it: as JSON text, or taken
            apart into `Name.1`, `Name.2`. 1000 at most.
        query, form: parameters that go there whatever the library knows of them. A name twice is refused.
        method: "GET" or "POST". Default: as the action wants it.
        version: of the service's interface, a date. Default: "2024-09-10".
        effect: whether the action changes something. Default: as the library knows it; Effect.WRITES for an action that
            it doesn't know.
        timeout, max_attempts, cancel: as with create_routine_related_record().

        An action that changes nothing is made again when its answer is lost. One that changes something is made again
        only where nothing was sent, or where the service's code says that nothing has changed: it was busy, for
        instance. If its answer is lost, the call fails with Outcome.UNKNOWN and sends nothing more: read back what it
        was to change. Actions that the service refuses while another call of the account runs take their turn among the
        client's writes, as max_concurrent_writes says.

        A success is an HTTP status of 200 to 299 with a JSON object, of 8 MiB at most; what that says of itself, such
        as a `Status`, is yours to read. Needs the RAM action of its name, such as `esa:CreateRoutine`. Raises EsaError,
        TypeError and RuntimeError as create_routine_related_record() does.
        """
        from .action import CALL, arguments_of

        return self._call(CALL, **arguments_of(action=action, params=params, **options))

    def close(self) -> None:
        """Closes the connections, when the calls that run on other threads have ended. Any number of times."""
        self._owned = None

    def __enter__(self) -> Client:
        """Gives itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the client."""
        self.close()

    def _call(self, operation: Operation[T], **arguments: Any) -> T:
        return given(Call(operation, **arguments).make(self._open()))
