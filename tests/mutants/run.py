#!/usr/bin/env python3
"""Breaks the library in one place after the other, and expects the model test, or another one, to notice.

usage: run.py [NAME ...]    all mutants, or those whose names are given

Each mutant is a line of the sources that is replaced by a wrong one. It works on a copy of the crate below
target/mutants. A line that isn't there any more is an error: the mutant has to follow the code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "target" / "mutants"
COPIED = (
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "cbindgen.toml",
    "README.md",
    "data",
    "src",
    "tests/emulator",
    "benches",
)
# More than are needed to notice each of them.
WORLDS = "80000"


class Noticing(NamedTuple):
    """A test, and what it says of a library that is broken."""

    test: str
    says: str


MODEL = Noticing("model::every_outcome_is_true", "outcomes weren't true")
# The worlds have one call at a time, which waits for no other.
SERIAL = Noticing("client::tests::only_a_serial_action_waits_for_the_client_s_other_writes", "others wait than shall")


class Mutant(NamedTuple):
    name: str
    file: str
    line: str
    wrong: str
    noticed_by: Noticing = MODEL


MUTANTS = (
    Mutant(
        "doubt is dropped by a later refusal",
        "call/engine.rs",
        "self.outcome = self.outcome.max(error.outcome());",
        "self.outcome = error.outcome();",
    ),
    Mutant(
        "a write that was refused was never sent",
        "call/engine.rs",
        "            _ if self.writes() => self.outcome,",
        "            _ if self.writes() && self.is_in_doubt() => self.outcome,\n"
        "            own if self.writes() => own,",
    ),
    Mutant(
        "an unknown code refuses",
        "service_code.rs",
        "    Verdict { kind, outcome: Outcome::Unknown, retryable, advice: UNKNOWN_ADVICE }",
        "    Verdict { kind, outcome: Outcome::Refused, retryable, advice: UNKNOWN_ADVICE }",
    ),
    Mutant(
        "a transient code refuses",
        "service_code.rs",
        '15 InternalOperationError "InternalOperationError" Server Unknown true',
        '15 InternalOperationError "InternalOperationError" Server Refused true',
    ),
    Mutant(
        "a busy system refuses",
        "service_code.rs",
        "verdict(ErrorKind::Busy, Outcome::Unknown, true, UNKNOWN_ADVICE)",
        "verdict(ErrorKind::Busy, Outcome::Refused, true, UNKNOWN_ADVICE)",
    ),
    Mutant(
        "an answer without a code refuses",
        "reply/mod.rs",
        "        .with_outcome(Outcome::Unknown)\n        .with_retryable(retryable)",
        "        .with_outcome(if status < 500 { Outcome::Refused } else { Outcome::Unknown })\n"
        "        .with_retryable(retryable)",
    ),
    Mutant(
        "a code is read out of a message",
        "reply/error_body.rs",
        '            "Message" | "message" => fields.message = lenient_text_of_json(value),',
        '            "Message" | "message" => {'
        ' *self = Members { code: Some("RoutineNotExist".into()), has_code: true, ..Members::default() } }',
    ),
    Mutant(
        "a lost write of which nothing is read back is made again",
        "call/engine.rs",
        "            Reconcile::Unknown if is_lost => {",
        "            Reconcile::Unknown if is_lost && self.max_attempts == 0 => {",
    ),
    Mutant(
        "a called action that writes is taken for one that reads",
        "operation/any_action.rs",
        "            writes: self.effect == Effect::Writes,",
        "            writes: false,",
    ),
    Mutant(
        "a called action that reads is taken for one that writes",
        "operation/any_action.rs",
        "            writes: self.effect == Effect::Writes,",
        "            writes: true,",
    ),
    Mutant(
        "an action that nobody knows is taken for one that reads",
        "operation/any_action.rs",
        ".unwrap_or(Effect::Writes)",
        ".unwrap_or(Effect::Reads)",
    ),
    Mutant(
        "the effects of the table are the wrong way round",
        "operation/actions/mod.rs",
        "if flags.contains('W') { Effect::Writes } else { Effect::Reads }",
        "if flags.contains('W') { Effect::Reads } else { Effect::Writes }",
    ),
    Mutant(
        "a serial action doesn't wait for the client's other writes",
        "call/wire.rs",
        "            let permits = if outgoing.action.serial {",
        "            let permits = if outgoing.action.serial && false {",
        SERIAL,
    ),
    Mutant(
        "every action that writes waits for the client's other writes",
        "operation/any_action.rs",
        "            serial: self.serial && self.effect == Effect::Writes,",
        "            serial: self.effect == Effect::Writes,",
        SERIAL,
    ),
    Mutant(
        "an action that reads waits for the client's other writes",
        "call/wire.rs",
        "            let permits = if outgoing.action.serial {",
        "            let permits = if outgoing.action.serial || !outgoing.action.writes {",
        SERIAL,
    ),
    Mutant(
        "no action of the table is serial",
        "operation/any_action.rs",
        "            serial: known.is_some_and(|known| known.serial),",
        "            serial: false,",
        SERIAL,
    ),
    Mutant(
        "the horizon isn't used",
        "call/engine.rs",
        "        match self.read_backs.next_wait(left) {",
        "        match None::<Duration> {",
    ),
    Mutant(
        "a refusal in doubt isn't read back",
        "call/engine.rs",
        "            Reconcile::ReadBack { .. } | Reconcile::Repeat { .. } => self.is_in_doubt(),",
        "            Reconcile::ReadBack { .. } | Reconcile::Repeat { .. } => false,",
    ),
    Mutant(
        "a lost read may have written",
        "call/engine.rs",
        "            Outcome::Unknown => Outcome::NotSent,",
        "            Outcome::Unknown => Outcome::Unknown,",
    ),
    Mutant(
        "what a failed read-back leaves open is refused",
        "call/engine.rs",
        "        if goes_on { self.read_back_later(left) } else { self.fail() }",
        "        self.outcome = Outcome::Refused;\n"
        "        if goes_on { self.read_back_later(left) } else { self.fail() }",
    ),
    Mutant(
        "one pass proves absence",
        "record/find.rs",
        "(self.pages == 1 || has_settled)",
        "(self.pages >= 1 || has_settled)",
    ),
    Mutant(
        "a list that lags proves absence",
        "record/find.rs",
        "self.found.is_none() && !self.lags &&",
        "self.found.is_none() &&",
    ),
    Mutant(
        "a deleted id is evidence",
        "record/find.rs",
        "            if call.has_deleted(record.record_id) {",
        "            if false {",
    ),
    Mutant(
        "what is merely like the record is taken for it",
        "record/find.rs",
        "            if record.site_id != site_id || host_key(&record.record_name) != key {",
        "            if record.site_id != site_id || host_key(&record.record_name).len() != key.len() {",
    ),
    Mutant(
        "only the first page is read",
        "record/find.rs",
        "        if !page.has_more {",
        "        if !page.has_more || list.page_number == 1 {",
    ),
    Mutant(
        "the count of all records is believed",
        "operation/list_routine_related_records.rs",
        "            has_more: is_full || (count > 0 && listed < total_count),",
        "            has_more: count > 0 && listed < total_count,",
    ),
    Mutant(
        "a record is gone when a list that may lag lacks it",
        "call/engine.rs",
        "        matches!(self.reconcile, Reconcile::Repeat { .. }) && !self.read_backs.are_over()",
        "        false",
    ),
    Mutant(
        "a lock that somebody else has is no reason to wait",
        "call/holding.rs",
        "                Entry::Wait(retry_after)\n",
        "                Entry::WriteUnlocked\n",
    ),
    Mutant(
        "a lock isn't let go",
        "call/write_lock.rs",
        "        let lets_go = lock.holding().release(self.number, self.now);",
        "        let lets_go = lock.holding().release(self.number, self.now) && false;",
    ),
    Mutant(
        "without a lock, a call that fails in it was sent",
        "call/write_lock.rs",
        "can't be used: {reason}\"))",
        "can't be used: {reason}\")).with_outcome(Outcome::Unknown)",
    ),
    Mutant(
        "a bulk never lists again",
        "record/listing.rs",
        "const FRESH: Duration = Duration::from_secs(30);",
        "const FRESH: Duration = Duration::from_secs(3000);",
    ),
    Mutant(
        "a bulk takes a deleted record for an existing one",
        "record/listing.rs",
        ".filter(|record| !call.has_deleted(record.record_id))",
        ".filter(|_| true)",
    ),
)


def copy() -> None:
    for name in COPIED:
        source, target = ROOT / name, COPY / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            # As new files: what was built of a mutant, in a run before, is older.
            shutil.copytree(source, target, copy_function=shutil.copy)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def is_noticed(noticing: Noticing) -> bool:
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "test", "--locked", "--quiet", "--lib", noticing.test]
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(COPY / "target"),
        "MODEL_WORLDS": WORLDS,
        "RUST_BACKTRACE": "0",
    }
    build = subprocess.run([*command, "--no-run"], cwd=COPY, env=environment, capture_output=True, text=True)
    if build.returncode != 0:
        sys.exit(build.stderr)
    run = subprocess.run(command, cwd=COPY, env=environment, capture_output=True, text=True)
    if run.returncode != 0 and noticing.says not in run.stdout + run.stderr:
        sys.exit(run.stdout + run.stderr)
    return run.returncode != 0


def main(names: list[str]) -> None:
    chosen = [mutant for mutant in MUTANTS if not names or mutant.name in names]
    copy()
    for noticing in {mutant.noticed_by for mutant in chosen}:
        if is_noticed(noticing):
            sys.exit(f"{noticing.test} fails without a mutant")
    survived = []
    for mutant in chosen:
        path = COPY / "src" / mutant.file
        text = path.read_text("utf-8")
        if text.count(mutant.line) != 1:
            sys.exit(f"{mutant.name}: {mutant.file} has its line {text.count(mutant.line)} times:\n{mutant.line}")
        path.write_text(text.replace(mutant.line, mutant.wrong), "utf-8")
        started = time.monotonic()
        noticed = is_noticed(mutant.noticed_by)
        print(
            f"{'noticed' if noticed else 'SURVIVED':8}  {time.monotonic() - started:5.1f} s  {mutant.name}", flush=True
        )
        path.write_text(text, "utf-8")
        if not noticed:
            survived.append(mutant.name)
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mutants were noticed")
    sys.exit(1 if survived else 0)


main(sys.argv[1:])
