"""What include/esa.h declares, which this is made of by `make header`."""

# fmt: off

ABI_VERSION = 1
UINT32_MAX = 2**32 - 1
UNLIMITED = UINT32_MAX
NONE = UINT32_MAX - 1

# Of each struct, the fields.
STRUCTS = {
    "esa_error": "status:i outcome:i service_code:i http_status:i attempts:I retry_after_ms:I retryable:i reserved:I "
    "code:z message:z advice:z request_id:z recommend:z access_denied_detail:z",
    "esa_log_record": "level:i http_status:i call:Q attempt:I elapsed_ms:I message:z action:z record_name:z "
    "request_id:z",
    "esa_stats": "struct_size:N calls:Q attempts:Q retries:Q recoveries:Q busy_waits:Q write_limit_waits:Q "
    "connections_opened:Q connections_reused:Q credentials_refreshed:Q lock_waits:Q lock_grants:Q lock_losses:Q",
    "esa_create_routine_related_record_request": "struct_size:N site_id:q name:z record_name:z",
    "esa_call_options": "struct_size:N cancel:P timeout_ms:I max_attempts:I interrupt:P interrupt_data:P",
    "esa_create_routine_related_record_result": "record_id:q origin:i attempts:I status:z request_id:z site_id:q",
    "esa_ensure_routine_related_records_request": "struct_size:N items:P count:N timeout_ms:I reserved:I progress:P "
    "progress_data:P",
    "esa_ensure_routine_related_records_result": "count:N failed:N results:P errors:P",
    "esa_delete_routine_related_record_request": "struct_size:N site_id:q name:z record_name:z record_id:q",
    "esa_delete_routine_related_record_result": "deleted:i attempts:I request_id:z",
    "esa_list_routine_related_records_request": "struct_size:N name:z search_key_word:z page_number:I page_size:I",
    "esa_related_record": "record_id:q site_id:q record_name:z site_name:z",
    "esa_list_routine_related_records_result": "count:N records:P total_count:Q has_more:i reserved:I request_id:z",
    "esa_get_match_site_request": "struct_size:N record_name:z",
    "esa_get_match_site_result": "site_id:q site_name:z request_id:z",
    "esa_parameter": "name:z value:z place:i reserved:i",
    "esa_call_action_request": "struct_size:N action:z params:z query:z form:z parameters:P parameter_count:N method:z "
    "version:z effect:i reserved:i",
    "esa_call_action_result": "body:z body_length:N request_id:z attempts:I http_status:i",
    "esa_header": "name:z value:z",
    "esa_signed_request": "method:z url:z headers:P header_count:N body:z body_length:N",
    "esa_sign_with_options": "struct_size:N access_key_id:z access_key_secret:z security_token:z endpoint:z nonce:z "
    "date:q signature_version:i reserved:i",
    "esa_reply": "struct_size:N action:z effect:i http_status:i headers:P header_count:N body:z body_length:N",
}

# Of each function, what it returns and takes.
FUNCTIONS = (
    "esa_abi_version:I esa_version:z esa_status_name:zi esa_outcome_name:zi esa_service_code_name:zi "
    "esa_service_code_advice:zi esa_error_free:vP esa_credentials_set:iPzzzq esa_credentials_fail:vPz esa_lock_fail:iz "
    "esa_config_set_write_lock:iPPPP esa_config_set_write_lock_file:iPz esa_config_set_write_lock_hold:iPI "
    "esa_config_new:P esa_config_free:vP esa_config_set_credentials:iPzzz esa_config_set_credentials_provider:iPPP "
    "esa_config_set_region:iPz esa_config_set_endpoint:iPz esa_config_set_network:iPi esa_config_set_proxy:iPz "
    "esa_config_set_signature_version:iPi esa_config_set_ca_file:iPz esa_config_set_ca_pem:iPz "
    "esa_config_set_user_agent:iPz esa_config_set_log:iPiPP esa_config_set_connect_timeout:iPI "
    "esa_config_set_attempt_timeout:iPI esa_config_set_timeout:iPI esa_config_set_max_attempts:iPI "
    "esa_config_set_reconcile_horizon:iPI esa_config_set_max_concurrent_writes:iPI "
    "esa_config_set_max_idle_connections:iPI esa_config_set_idle_timeout:iPI esa_client_new:iPPP esa_client_free:vP "
    "esa_client_timeout:IP esa_client_credentials_source:zP esa_client_stats:iPP esa_cancel_new:iPP "
    "esa_cancel_trigger:vP esa_cancel_free:vP esa_multi_new:iPP esa_multi_descriptor:iP esa_multi_step:iP "
    "esa_multi_next_finished:PP esa_multi_current:PP esa_multi_free:vP esa_pending_user_data:PP esa_pending_cancel:vP "
    "esa_pending_free:vP esa_origin_name:zi esa_create_routine_related_record:iPPPPP "
    "esa_ensure_routine_related_record:iPPPPP esa_create_routine_related_record_result_free:vP "
    "esa_ensure_routine_related_records:iPPPPP esa_ensure_routine_related_records_result_free:vP esa_bulk_new:iPPPPP "
    "esa_bulk_left:NP esa_bulk_next:iPPP esa_bulk_free:vP esa_delete_routine_related_record:iPPPPP "
    "esa_delete_routine_related_record_result_free:vP esa_list_routine_related_records:iPPPPP "
    "esa_list_routine_related_records_result_free:vP esa_get_match_site:iPPPPP esa_get_match_site_result_free:vP "
    "esa_call_action:iPPPPP esa_call_action_result_free:vP esa_sign_action:iPPPPP esa_sign_with:iPPPP "
    "esa_signed_request_free:vP esa_read_reply:iPPP"
)
