"""The native table and the enumerations agree with the C header."""

from __future__ import annotations

import re
from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, py_object
from enum import IntEnum
from typing import Any

import pytest
from conftest import REPOSITORY

from libesa import (
    Origin,
    Outcome,
    ServiceCode,
    Status,
    _bulk,
    _create,
    _delete,
    _interrupt,
    _library,
    _list,
    _log,
    _match_site,
    _operation,
    _provider,
    _stats,
)
from libesa.enums import LogLevel

HEADER = re.sub(r"/\*.*?\*/|//[^\n]*", "", (REPOSITORY / "include" / "esa.h").read_text("utf-8"), flags=re.DOTALL)

STRUCTS: dict[str, type[Structure]] = {
    "esa_error": _operation.ErrorStruct,
    "esa_call_options": _operation.CallOptionsStruct,
    "esa_create_routine_related_record_request": _create.CreateRequestStruct,
    "esa_create_routine_related_record_result": _create.CreateResultStruct,
    "esa_delete_routine_related_record_request": _delete.DeleteRequestStruct,
    "esa_delete_routine_related_record_result": _delete.DeleteResultStruct,
    "esa_list_routine_related_records_request": _list.ListRequestStruct,
    "esa_related_record": _list.RelatedRecordStruct,
    "esa_list_routine_related_records_result": _list.ListResultStruct,
    "esa_get_match_site_request": _match_site.GetMatchSiteRequestStruct,
    "esa_get_match_site_result": _match_site.GetMatchSiteResultStruct,
    "esa_ensure_routine_related_records_request": _bulk.BulkRequestStruct,
    "esa_stats": _stats.StatsStruct,
}

SCALARS: dict[str, Any] = {
    "void": None,
    "int32_t": c_int32,
    "int64_t": c_int64,
    "uint32_t": c_uint32,
    "size_t": c_size_t,
    "esa_status": c_int32,
    "uint64_t": c_uint64,
    "esa_log_fn": _log.LogFunction,
    "esa_interrupt_fn": _interrupt.InterruptFunction,
    "esa_credentials_fn": _provider.CredentialsFunction,
    "esa_progress_fn": c_void_p,  # which isn't used here
    "char *": c_char_p,
    "void *": c_void_p,
    "esa_config *": c_void_p,
    "esa_client *": c_void_p,
    "esa_cancel *": c_void_p,
    "esa_credentials *": c_void_p,
    "esa_bulk *": c_void_p,
}

LEFT_OUT = (
    # The members of Python's enumerations know their names, and errors bring their advice.
    *("esa_status_name", "esa_outcome_name", "esa_origin_name", "esa_service_code_name", "esa_service_code_advice"),
    # Python's way to many records is step by step, and it counts the steps.
    *("esa_ensure_routine_related_records", "esa_ensure_routine_related_records_result_free", "esa_bulk_left"),
)


def ctypes_type(declared: str) -> Any:
    """What ctypes calls a type of the header's."""
    name = " ".join(re.sub(r"\b(const|struct)\b", "", declared).replace("*", " * ").split())
    if name in SCALARS:
        return SCALARS[name]
    if name in STRUCTS:
        return STRUCTS[name]
    assert name.endswith(" *"), f"this test doesn't know the type {declared!r}"
    return POINTER(ctypes_type(name[:-2]))


def parameters(declared: str) -> list[Any]:
    if declared.strip() == "void":
        return []
    return [ctypes_type(re.sub(r"\w+$", "", parameter.strip())) for parameter in declared.split(",")]


@pytest.mark.parametrize(
    ("name", "prefix", "enumeration"),
    [
        ("esa_status", "ESA_(?:ERR_)?", Status),
        ("esa_outcome", "ESA_OUTCOME_", Outcome),
        ("esa_service_code", "ESA_CODE_", ServiceCode),
        ("esa_log_level", "ESA_LOG_", LogLevel),
        ("esa_origin", "ESA_ORIGIN_", Origin),
    ],
)
def test_enumerators(name: str, prefix: str, enumeration: type[IntEnum]) -> None:
    body = re.search(rf"enum {name}\n.*?\n \{{(.*?)\n\}};", HEADER, re.DOTALL)
    assert body
    declared = {
        re.sub(f"^{prefix}", "", enumerator): int(number)
        for enumerator, number in re.findall(r"(\w+) = (\d+),", body[1])
    }

    assert {member.name: member.value for member in enumeration} == declared


@pytest.mark.parametrize("name", STRUCTS)
def test_struct_fields(name: str) -> None:
    body = re.search(rf"typedef struct {name} \{{(.*?)\}} {name};", HEADER, re.DOTALL)
    assert body
    declared = [(field, ctypes_type(kind)) for kind, field in re.findall(r"(\S.*?)(\w+);", body[1])]

    assert list(STRUCTS[name]._fields_) == declared


def declaration_of(function: str) -> tuple[Any, list[Any]]:
    declaration = re.search(rf"^(\w[^;(){{}}#]*?){function}\((.*?)\);", HEADER, re.DOTALL | re.MULTILINE)
    assert declaration, "the header doesn't have it"
    return ctypes_type(declaration[1]), parameters(declaration[2])


@pytest.mark.parametrize("name", _library.FUNCTIONS)
def test_functions(name: str) -> None:
    result, taken = declaration_of(name)
    passed_by_value = {*SCALARS.values()} - {_log.LogFunction, _provider.CredentialsFunction}

    assert _library.FUNCTIONS[name] == (result, [kind if kind in passed_by_value else c_void_p for kind in taken])


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("esa_create_routine_related_record", _create.CREATE),
        ("esa_ensure_routine_related_record", _create.ENSURE),
        ("esa_delete_routine_related_record", _delete.DELETE),
        ("esa_list_routine_related_records", _list.LIST),
        ("esa_get_match_site", _match_site.MATCH_SITE),
        ("esa_bulk_next", _bulk.NEXT),
    ],
)
def test_operations(name: str, operation: _operation.Operation) -> None:
    request = [POINTER(operation.request), POINTER(_operation.CallOptionsStruct)] if operation.request else []
    answer = [POINTER(POINTER(operation.result)), POINTER(POINTER(_operation.ErrorStruct))]

    assert declaration_of(name) == (c_int32, [c_void_p, *request, *answer])
    assert operation.function.__name__ == name


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("esa_log_fn", _log.LogFunction),
        ("esa_interrupt_fn", _interrupt.InterruptFunction),
        ("esa_credentials_fn", _provider.CredentialsFunction),
    ],
)
def test_callbacks(name: str, function: Any) -> None:
    declaration = re.search(rf"typedef (.*?)\(\*{name}\)\((.*?)\);", HEADER)
    assert declaration

    assert function._restype_ is ctypes_type(declaration[1])
    taken = [c_void_p if kind is py_object else kind for kind in function._argtypes_]
    assert taken == parameters(declaration[2])


def test_every_function_is_bound_or_left_out_for_a_reason() -> None:
    declared = set(re.findall(r"^\w[^;()]*?\b(esa_\w+)\([^;]*\);", HEADER, re.MULTILINE))

    assert len(declared) >= 40
    assert declared == {*_library.FUNCTIONS, *LEFT_OUT}


def test_abi_version() -> None:
    declared = re.search(r"#define ESA_ABI_VERSION (\d+)", HEADER)
    assert declared

    assert int(declared[1]) == _library.ABI_VERSION
