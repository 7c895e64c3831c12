"""The native table and the enumerations agree with the C header."""

from __future__ import annotations

import re
from ctypes import POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, py_object
from enum import IntEnum
from typing import Any

import pytest
from conftest import REPOSITORY

from libesa import Origin, Outcome, ServiceCode, Status, _library, _native, _structs
from libesa.enums import LogLevel

HEADER = re.sub(r"/\*.*?\*/|//[^\n]*", "", (REPOSITORY / "include" / "esa.h").read_text("utf-8"), flags=re.DOTALL)

STRUCTS: dict[str, type[Structure]] = {
    "esa_error": _structs.ErrorStruct,
    "esa_call_options": _structs.CallOptionsStruct,
    "esa_create_routine_related_record_request": _structs.CreateRequestStruct,
    "esa_create_routine_related_record_result": _structs.CreateResultStruct,
    "esa_delete_routine_related_record_request": _structs.DeleteRequestStruct,
    "esa_delete_routine_related_record_result": _structs.DeleteResultStruct,
    "esa_list_routine_related_records_request": _structs.ListRequestStruct,
    "esa_related_record": _structs.RelatedRecordStruct,
    "esa_list_routine_related_records_result": _structs.ListResultStruct,
    "esa_get_match_site_request": _structs.GetMatchSiteRequestStruct,
    "esa_get_match_site_result": _structs.GetMatchSiteResultStruct,
    "esa_ensure_routine_related_records_request": _structs.BulkRequestStruct,
    "esa_stats": _structs.StatsStruct,
}

SCALARS: dict[str, Any] = {
    "void": None,
    "int32_t": c_int32,
    "int64_t": c_int64,
    "uint32_t": c_uint32,
    "size_t": c_size_t,
    "esa_status": c_int32,
    "uint64_t": c_uint64,
    "esa_log_fn": _structs.LogFunction,
    "esa_interrupt_fn": _structs.InterruptFunction,
    "esa_credentials_fn": _structs.CredentialsFunction,
    "esa_progress_fn": _structs.ProgressFunction,
    "char *": c_char_p,
    "void *": c_void_p,
    "esa_config *": c_void_p,
    "esa_client *": c_void_p,
    "esa_cancel *": c_void_p,
    "esa_credentials *": c_void_p,
    "esa_bulk *": c_void_p,
}

BOUND_BY_THE_LOADER = ("esa_abi_version", "esa_version")
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


@pytest.mark.parametrize("name", _native.FUNCTIONS)
def test_functions(name: str) -> None:
    declaration = re.search(rf"^(\w[^;()]*?){name}\((.*?)\);", HEADER, re.DOTALL | re.MULTILINE)
    assert declaration, "the header doesn't have it"

    assert _native.FUNCTIONS[name] == (ctypes_type(declaration[1]), parameters(declaration[2]))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("esa_log_fn", _structs.LogFunction),
        ("esa_interrupt_fn", _structs.InterruptFunction),
        ("esa_credentials_fn", _structs.CredentialsFunction),
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
    assert declared == {*_native.FUNCTIONS, *BOUND_BY_THE_LOADER, *LEFT_OUT}


def test_abi_version() -> None:
    declared = re.search(r"#define ESA_ABI_VERSION (\d+)", HEADER)
    assert declared

    assert int(declared[1]) == _library.ABI_VERSION
