"""The structs and the callbacks of the C interface."""

from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
)

LogFunction = CFUNCTYPE(None, c_void_p, c_int32, c_char_p)
"""esa_log_fn."""

CredentialsFunction = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
"""esa_credentials_fn."""

InterruptFunction = CFUNCTYPE(c_int32, py_object)
"""esa_interrupt_fn, whose data is an object of the interpreter's."""


class ErrorStruct(Structure):
    """esa_error."""

    _fields_ = (
        ("status", c_int32),
        ("outcome", c_int32),
        ("service_code", c_int32),
        ("http_status", c_int32),
        ("attempts", c_uint32),
        ("retry_after_ms", c_uint32),
        ("retryable", c_int32),
        ("reserved", c_uint32),
        ("code", c_char_p),
        ("message", c_char_p),
        ("advice", c_char_p),
        ("request_id", c_char_p),
        ("recommend", c_char_p),
        ("access_denied_detail", c_char_p),
    )


class CallOptionsStruct(Structure):
    """esa_call_options."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("cancel", c_void_p),
        ("timeout_ms", c_uint32),
        ("max_attempts", c_uint32),
        ("interrupt", InterruptFunction),
        ("interrupt_data", c_void_p),
    )


class CreateRequestStruct(Structure):
    """esa_create_routine_related_record_request."""

    _fields_ = (("struct_size", c_size_t), ("site_id", c_int64), ("name", c_char_p), ("record_name", c_char_p))


ProgressFunction = CFUNCTYPE(c_int32, c_void_p, c_size_t, c_size_t, c_void_p, c_void_p)
"""esa_progress_fn, which isn't used here."""


class BulkRequestStruct(Structure):
    """esa_ensure_routine_related_records_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("items", POINTER(CreateRequestStruct)),
        ("count", c_size_t),
        ("timeout_ms", c_uint32),
        ("reserved", c_uint32),
        ("progress", ProgressFunction),
        ("progress_data", c_void_p),
    )


class CreateResultStruct(Structure):
    """esa_create_routine_related_record_result."""

    _fields_ = (
        ("record_id", c_int64),
        ("origin", c_int32),
        ("attempts", c_uint32),
        ("status", c_char_p),
        ("request_id", c_char_p),
        ("site_id", c_int64),
    )


class DeleteRequestStruct(Structure):
    """esa_delete_routine_related_record_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("site_id", c_int64),
        ("name", c_char_p),
        ("record_name", c_char_p),
        ("record_id", c_int64),
    )


class DeleteResultStruct(Structure):
    """esa_delete_routine_related_record_result."""

    _fields_ = (("deleted", c_int32), ("attempts", c_uint32), ("request_id", c_char_p))


class ListRequestStruct(Structure):
    """esa_list_routine_related_records_request."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("name", c_char_p),
        ("search_key_word", c_char_p),
        ("page_number", c_uint32),
        ("page_size", c_uint32),
    )


class RelatedRecordStruct(Structure):
    """esa_related_record."""

    _fields_ = (("record_id", c_int64), ("site_id", c_int64), ("record_name", c_char_p), ("site_name", c_char_p))


class ListResultStruct(Structure):
    """esa_list_routine_related_records_result."""

    _fields_ = (
        ("count", c_size_t),
        ("records", POINTER(POINTER(RelatedRecordStruct))),
        ("total_count", c_uint64),
        ("has_more", c_int32),
        ("reserved", c_uint32),
        ("request_id", c_char_p),
    )


class GetMatchSiteRequestStruct(Structure):
    """esa_get_match_site_request."""

    _fields_ = (("struct_size", c_size_t), ("record_name", c_char_p))


class GetMatchSiteResultStruct(Structure):
    """esa_get_match_site_result."""

    _fields_ = (("site_id", c_int64), ("site_name", c_char_p), ("request_id", c_char_p))


class StatsStruct(Structure):
    """esa_stats."""

    _fields_ = (
        ("struct_size", c_size_t),
        ("calls", c_uint64),
        ("attempts", c_uint64),
        ("retries", c_uint64),
        ("recoveries", c_uint64),
        ("busy_waits", c_uint64),
        ("gate_waits", c_uint64),
        ("connections_opened", c_uint64),
        ("connections_reused", c_uint64),
        ("credentials_refreshed", c_uint64),
    )
