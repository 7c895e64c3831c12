"""What include/esa.h declares, which this is made of by `make header`."""

# fmt: off

from ctypes import c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

ABI_VERSION = 1

STRUCTS = {
    "esa_error": [("status", c_int32), ("outcome", c_int32), ("service_code", c_int32), ("http_status", c_int32),
        ("attempts", c_uint32), ("retry_after_ms", c_uint32), ("retryable", c_int32), ("reserved", c_uint32), ("code",
        c_char_p), ("message", c_char_p), ("advice", c_char_p), ("request_id", c_char_p), ("recommend", c_char_p),
        ("access_denied_detail", c_char_p)],
    "esa_stats": [("struct_size", c_size_t), ("calls", c_uint64), ("attempts", c_uint64), ("retries", c_uint64),
        ("recoveries", c_uint64), ("busy_waits", c_uint64), ("gate_waits", c_uint64), ("connections_opened", c_uint64),
        ("connections_reused", c_uint64), ("credentials_refreshed", c_uint64), ("lock_waits", c_uint64), ("lock_grants",
        c_uint64), ("lock_losses", c_uint64)],
    "esa_create_routine_related_record_request": [("struct_size", c_size_t), ("site_id", c_int64), ("name", c_char_p),
        ("record_name", c_char_p)],
    "esa_call_options": [("struct_size", c_size_t), ("cancel", c_void_p), ("timeout_ms", c_uint32), ("max_attempts",
        c_uint32), ("interrupt", c_void_p), ("interrupt_data", c_void_p)],
    "esa_create_routine_related_record_result": [("record_id", c_int64), ("origin", c_int32), ("attempts", c_uint32),
        ("status", c_char_p), ("request_id", c_char_p), ("site_id", c_int64)],
    "esa_ensure_routine_related_records_request": [("struct_size", c_size_t), ("items", c_void_p), ("count", c_size_t),
        ("timeout_ms", c_uint32), ("reserved", c_uint32), ("progress", c_void_p), ("progress_data", c_void_p)],
    "esa_ensure_routine_related_records_result": [("count", c_size_t), ("failed", c_size_t), ("results", c_void_p),
        ("errors", c_void_p)],
    "esa_delete_routine_related_record_request": [("struct_size", c_size_t), ("site_id", c_int64), ("name", c_char_p),
        ("record_name", c_char_p), ("record_id", c_int64)],
    "esa_delete_routine_related_record_result": [("deleted", c_int32), ("attempts", c_uint32), ("request_id",
        c_char_p)],
    "esa_list_routine_related_records_request": [("struct_size", c_size_t), ("name", c_char_p), ("search_key_word",
        c_char_p), ("page_number", c_uint32), ("page_size", c_uint32)],
    "esa_related_record": [("record_id", c_int64), ("site_id", c_int64), ("record_name", c_char_p), ("site_name",
        c_char_p)],
    "esa_list_routine_related_records_result": [("count", c_size_t), ("records", c_void_p), ("total_count", c_uint64),
        ("has_more", c_int32), ("reserved", c_uint32), ("request_id", c_char_p)],
    "esa_get_match_site_request": [("struct_size", c_size_t), ("record_name", c_char_p)],
    "esa_get_match_site_result": [("site_id", c_int64), ("site_name", c_char_p), ("request_id", c_char_p)],
    "esa_parameter": [("name", c_char_p), ("value", c_char_p), ("place", c_int32), ("reserved", c_int32)],
    "esa_call_action_request": [("struct_size", c_size_t), ("action", c_char_p), ("params", c_char_p), ("query",
        c_char_p), ("form", c_char_p), ("parameters", c_void_p), ("parameter_count", c_size_t), ("method", c_char_p),
        ("version", c_char_p), ("effect", c_int32), ("reserved", c_int32)],
    "esa_call_action_result": [("body", c_char_p), ("body_length", c_size_t), ("request_id", c_char_p), ("attempts",
        c_uint32), ("http_status", c_int32)],
    "esa_header": [("name", c_char_p), ("value", c_char_p)],
    "esa_signed_request": [("method", c_char_p), ("url", c_char_p), ("headers", c_void_p), ("header_count", c_size_t),
        ("body", c_char_p), ("body_length", c_size_t)],
    "esa_sign_with_options": [("struct_size", c_size_t), ("access_key_id", c_char_p), ("access_key_secret", c_char_p),
        ("security_token", c_char_p), ("endpoint", c_char_p), ("nonce", c_char_p), ("date", c_int64),
        ("signature_version", c_int32), ("reserved", c_int32)],
    "esa_reply": [("struct_size", c_size_t), ("action", c_char_p), ("effect", c_int32), ("http_status", c_int32),
        ("headers", c_void_p), ("header_count", c_size_t), ("body", c_char_p), ("body_length", c_size_t)],
}

FUNCTIONS = {
    "esa_abi_version": (c_uint32, []), "esa_version": (c_char_p, []), "esa_status_name": (c_char_p, [c_int32]),
    "esa_outcome_name": (c_char_p, [c_int32]), "esa_service_code_name": (c_char_p, [c_int32]),
    "esa_service_code_advice": (c_char_p, [c_int32]), "esa_error_free": (None, [c_void_p]), "esa_credentials_set":
    (c_int32, [c_void_p, c_char_p, c_char_p, c_char_p, c_int64]), "esa_credentials_fail": (None, [c_void_p, c_char_p]),
    "esa_config_new": (c_void_p, []), "esa_config_free": (None, [c_void_p]), "esa_config_set_credentials": (c_int32,
    [c_void_p, c_char_p, c_char_p, c_char_p]), "esa_config_set_credentials_provider": (c_int32, [c_void_p] * 3),
    "esa_config_set_region": (c_int32, [c_void_p, c_char_p]), "esa_config_set_endpoint": (c_int32, [c_void_p,
    c_char_p]), "esa_config_set_network": (c_int32, [c_void_p, c_char_p]), "esa_config_set_proxy": (c_int32, [c_void_p,
    c_char_p]), "esa_config_set_timeouts": (c_int32, [c_void_p, c_uint32, c_uint32, c_uint32]),
    "esa_config_set_signature_version": (c_int32, [c_void_p, c_uint32]), "esa_config_set_ca_file": (c_int32, [c_void_p,
    c_char_p]), "esa_config_set_ca_pem": (c_int32, [c_void_p, c_char_p]), "esa_config_set_user_agent": (c_int32,
    [c_void_p, c_char_p]), "esa_config_set_keep_alive": (c_int32, [c_void_p, c_uint32, c_uint32]),
    "esa_config_set_max_attempts": (c_int32, [c_void_p, c_uint32]), "esa_config_set_reconcile_horizon": (c_int32,
    [c_void_p, c_uint32]), "esa_config_set_max_concurrent_writes": (c_int32, [c_void_p, c_uint32]),
    "esa_config_set_write_lock": (c_int32, [c_void_p] * 4), "esa_config_set_write_lock_file": (c_int32, [c_void_p,
    c_char_p]), "esa_config_set_write_lock_hold": (c_int32, [c_void_p, c_uint32]), "esa_config_set_log": (c_int32,
    [c_void_p, c_int32, c_void_p, c_void_p]), "esa_client_new": (c_int32, [c_void_p] * 3), "esa_client_free": (None,
    [c_void_p]), "esa_client_credentials_source": (c_char_p, [c_void_p]), "esa_client_stats": (c_int32, [c_void_p] * 2),
    "esa_cancel_new": (c_void_p, []), "esa_cancel_trigger": (None, [c_void_p]), "esa_cancel_free": (None, [c_void_p]),
    "esa_multi_new": (c_int32, [c_void_p] * 2), "esa_multi_descriptor": (c_int32, [c_void_p]), "esa_multi_step":
    (c_int32, [c_void_p]), "esa_multi_next_finished": (c_void_p, [c_void_p]), "esa_multi_current": (c_void_p,
    [c_void_p]), "esa_multi_free": (None, [c_void_p]), "esa_pending_user_data": (c_void_p, [c_void_p]),
    "esa_pending_cancel": (None, [c_void_p]), "esa_pending_free": (None, [c_void_p]), "esa_origin_name": (c_char_p,
    [c_int32]), "esa_create_routine_related_record": (c_int32, [c_void_p] * 5), "esa_ensure_routine_related_record":
    (c_int32, [c_void_p] * 5), "esa_create_routine_related_record_result_free": (None, [c_void_p]),
    "esa_ensure_routine_related_records": (c_int32, [c_void_p] * 5), "esa_ensure_routine_related_records_result_free":
    (None, [c_void_p]), "esa_bulk_new": (c_int32, [c_void_p] * 5), "esa_bulk_left": (c_size_t, [c_void_p]),
    "esa_bulk_next": (c_int32, [c_void_p] * 3), "esa_bulk_free": (None, [c_void_p]),
    "esa_delete_routine_related_record": (c_int32, [c_void_p] * 5), "esa_delete_routine_related_record_result_free":
    (None, [c_void_p]), "esa_list_routine_related_records": (c_int32, [c_void_p] * 5),
    "esa_list_routine_related_records_result_free": (None, [c_void_p]), "esa_get_match_site": (c_int32, [c_void_p] * 5),
    "esa_get_match_site_result_free": (None, [c_void_p]), "esa_call_action": (c_int32, [c_void_p] * 5),
    "esa_call_action_result_free": (None, [c_void_p]), "esa_sign_action": (c_int32, [c_void_p] * 5), "esa_sign_with":
    (c_int32, [c_void_p] * 4), "esa_signed_request_free": (None, [c_void_p]), "esa_read_reply": (c_int32, [c_void_p] *
    3),
}
