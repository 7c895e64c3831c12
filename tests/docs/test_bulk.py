"""What docs/bulk.md shows is compiled and run; Rust's example is a documentation test of the crate."""

import re
from pathlib import Path

import pytest
from programs import ROOT, part, run_program

# The program around each snippet, with SNIPPET in its place.
AROUND_MANY = {
    "c": r"""
#include <esa.h>
#include <stdio.h>

int main(void) {
    static const char *const names[] = {"a.example.com", "b.elsewhere.org", "c.example.com"};
    const size_t count = 3;
    esa_create_routine_related_record_request items[3];
    for (size_t i = 0; i < count; i++) {
        const esa_create_routine_related_record_request item = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[i] = item;
        items[i].name = "test-routine1";
        items[i].record_name = names[i];
    }
    esa_client *client = NULL;
    if (esa_client_new(NULL, &client, NULL) != ESA_OK) {
        return 1;
    }
    SNIPPET
    esa_client_free(client);
    return 0;
}
""",
    "cpp": r"""
#include <esa.hpp>
#include <iostream>

int main() {
    std::vector<esa::CreateRoutineRelatedRecordRequest> requests;
    for (const char *name : {"a.example.com", "b.elsewhere.org", "c.example.com"}) {
        requests.push_back({0, "test-routine1", name});
    }
    const esa::Client client;
    SNIPPET
}
""",
    "python": r"""
import libesa

names = ["a.example.com", "b.elsewhere.org", "c.example.com"]
client = libesa.Client()

SNIPPET
""",
    "go": r"""
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/libesa/libesa/bindings/go"
)

func main() {
	var requests []esa.CreateRoutineRelatedRecordRequest
	for _, name := range []string{"a.example.com", "b.elsewhere.org", "c.example.com"} {
		requests = append(requests, esa.CreateRoutineRelatedRecordRequest{Name: "test-routine1", RecordName: name})
	}
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	SNIPPET
}
""",
}


@pytest.mark.parametrize("language", AROUND_MANY)
def test_many_records(language: str, tmp_path: Path, environment: dict[str, str]) -> None:
    ensure = "EnsureRoutineRelatedRecords" if language == "go" else "ensure_routine_related_records"
    snippet = part(ROOT / "docs" / "bulk.md", language, ensure)

    printed = run_program(language, AROUND_MANY[language].replace("SNIPPET", snippet), tmp_path, environment)

    assert re.fullmatch(r"b\.elsewhere\.org: .*The website does not exist.*\n1 of 3 failed\n", printed)
