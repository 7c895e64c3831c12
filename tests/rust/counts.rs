//! The costs of a call that don't depend on the machine: system calls, and linked crates.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::os::unix::process::{CommandExt, parent_id};
use std::process::{Command, Stdio};
use std::ptr;

use esa::{CallOptions, Cancel, Client, Config, CreateRoutineRelatedRecordRequest, Credentials};

use crate::emulator::Emulator;
use crate::left_out;

const CALLS: usize = 20;

#[test]
#[ignore = "runs in a process of its own, for the tests below"]
fn calls() {
    let variable = |name| std::env::var(name).unwrap();
    let mut config = Config::new();
    config.endpoint(&variable("COUNTS_URL"));
    config.credentials(Credentials::new(&variable("COUNTS_KEY_ID"), &variable("COUNTS_KEY_SECRET")).unwrap());
    if let Ok(ca_file) = std::env::var("COUNTS_CA_FILE") {
        config.ca_file(ca_file);
    }
    if variable("COUNTS_KEEP") == "no" {
        config.max_idle_connections(0);
    }
    let client = Client::new(&config).unwrap();
    let mut options = CallOptions::new();
    options.cancel(&Cancel::new().unwrap());
    let create = |number: usize| {
        let record_name = &format!("r{number}.example.com");
        let request = CreateRoutineRelatedRecordRequest::new(54362329990032, "test-routine1", record_name);
        client.create_routine_related_record(&request, &options).unwrap();
    };

    create(CALLS);
    create(CALLS + 1);
    // A marker before and after the counted part: a system call that nothing else makes.
    let _ = parent_id();
    (0..CALLS).for_each(create);
    let _ = parent_id();
}

/// A system call: its number, and what it returned.
type SystemCall = (i64, i64);

/// Returns the system calls of `CALLS` calls to `emulator`, over one connection, or over one each if connections aren't
/// kept. If they can't be counted, says so and returns None.
fn system_calls(emulator: &Emulator, keep: bool) -> Option<Vec<SystemCall>> {
    let text = |name: &str| emulator.ready[name].as_str();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "counts::calls", "--ignored", "--test-threads=1"])
        .env("COUNTS_URL", emulator.url())
        .env("COUNTS_KEEP", if keep { "yes" } else { "no" })
        .env("COUNTS_KEY_ID", text("access_key_id").unwrap())
        .env("COUNTS_KEY_SECRET", text("access_key_secret").unwrap())
        .envs(text("ca_file").map(|ca_file| ("COUNTS_CA_FILE", ca_file)))
        .stdout(Stdio::null());
    let Some(all) = trace(command) else {
        left_out("counting system calls, since this system lets no process trace another");
        return None;
    };
    let is_mark = |&(number, _): &SystemCall| number == libc::SYS_getppid;
    let counted = all.split(is_mark).nth(1).expect("the program ran to its second mark");
    assert_eq!(all.iter().filter(|call| is_mark(call)).count(), 2);
    Some(counted.to_vec())
}

/// Runs a program, and returns the system calls of all its threads. The program is a child of this thread and ends with
/// it. Returns None if tracing is forbidden, as in some containers and below another tracer.
fn trace(mut command: Command) -> Option<Vec<SystemCall>> {
    // SAFETY: between fork and exec, the child makes only this system call.
    let command = unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        })
    };
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return None,
        child => child.unwrap(),
    };
    let main = libc::pid_t::try_from(child.id()).unwrap();
    let go_on = |thread: libc::pid_t, signal: i32| {
        // SAFETY: the request uses no memory of this process. If the thread is gone, the error doesn't matter.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, thread, 0, signal) };
    };
    let mut status = wait(main).1;
    assert!(libc::WIFSTOPPED(status), "{status:x}");
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
    // SAFETY: as above.
    assert_eq!(unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, main, 0, options) }, 0);
    go_on(main, 0);

    let mut calls = Vec::new();
    let mut entered = HashMap::new();
    loop {
        let thread;
        // -1: any of its threads.
        (thread, status) = wait(-1);
        if !libc::WIFSTOPPED(status) {
            if thread == main {
                break;
            }
            continue;
        }
        let signal = libc::WSTOPSIG(status);
        if signal == libc::SIGTRAP | 0x80 {
            let info = syscall_info(thread);
            // SAFETY: `op` says which of the union's members was written.
            unsafe {
                match info.op {
                    libc::PTRACE_SYSCALL_INFO_ENTRY => drop(entered.insert(thread, info.u.entry.nr)),
                    libc::PTRACE_SYSCALL_INFO_EXIT => {
                        let number = entered.remove(&thread).expect("it was entered");
                        calls.push((i64::try_from(number).unwrap(), info.u.exit.sval));
                    }
                    _ => {}
                }
            }
        }
        // Tracing itself causes some stops. All others belong to the program.
        let is_ours = matches!(signal & 0x7f, libc::SIGTRAP | libc::SIGSTOP);
        go_on(thread, if is_ours { 0 } else { signal });
    }
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "{status:x}");
    // It was waited for already.
    let _ = child.wait();
    Some(calls)
}

/// Waits for a change of this thread's children. Other threads have their own children.
fn wait(child: libc::pid_t) -> (libc::pid_t, i32) {
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let changed = unsafe { libc::waitpid(child, &mut status, libc::__WALL | libc::__WNOTHREAD) };
    assert!(changed > 0, "{}", std::io::Error::last_os_error());
    (changed, status)
}

fn syscall_info(thread: libc::pid_t) -> libc::ptrace_syscall_info {
    // SAFETY: zeros are a valid value of this struct of integers.
    let mut info: libc::ptrace_syscall_info = unsafe { std::mem::zeroed() };
    // SAFETY: `info` has the given size, and outlives the call.
    let length =
        unsafe { libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, thread, size_of_val(&info), ptr::from_mut(&mut info)) };
    assert!(length > 0, "{}", std::io::Error::last_os_error());
    info
}

/// Three: a check of the connection, the request, the reply. If the reply isn't there yet, two more: the attempt to
/// read it, and the wait.
fn assert_few(calls: &[SystemCall]) {
    let count = |wanted: &[i64]| calls.iter().filter(|(number, _)| wanted.contains(number)).count();
    let waits = count(&WAITS);

    assert_eq!(count(&[libc::SYS_sendto]), CALLS, "{calls:?}");
    assert!(waits <= CALLS, "{waits}: {calls:?}");
    assert!(calls.len() - 2 * waits <= 3 * CALLS, "{} with {waits} waits: {calls:?}", calls.len());
    let of_new_connections = [libc::SYS_setsockopt, libc::SYS_socket, libc::SYS_connect, libc::SYS_openat];
    assert_eq!(count(&of_new_connections) + count(&[libc::SYS_clone, libc::SYS_clone3]), 0, "{calls:?}");
}

#[cfg(target_arch = "x86_64")]
const WAITS: [i64; 2] = [libc::SYS_poll, libc::SYS_ppoll];
#[cfg(not(target_arch = "x86_64"))]
const WAITS: [i64; 1] = [libc::SYS_ppoll];

#[test]
#[cfg_attr(feature = "_multi-driver", ignore = "counts what the blocking driver does")]
fn a_call_on_a_kept_connection_makes_three_system_calls() {
    if let Some(calls) = system_calls(&Emulator::start(&[]), true) {
        assert_few(&calls);
    }
}

#[test]
#[cfg_attr(feature = "_multi-driver", ignore = "counts what the blocking driver does")]
fn a_call_on_a_kept_tls_connection_makes_three_system_calls() {
    if let Some(calls) = system_calls(&Emulator::start(&["--tls"]), true) {
        assert_few(&calls);
    }
}

/// The start of the handshake. Then its end, together with the request.
#[test]
fn a_call_on_a_new_tls_connection_sends_twice() {
    let Some(calls) = system_calls(&Emulator::start(&["--tls"]), false) else { return };

    assert_eq!(calls.iter().filter(|(number, _)| *number == libc::SYS_connect).count(), CALLS, "{calls:?}");
    assert_eq!(calls.iter().filter(|(number, _)| *number == libc::SYS_sendto).count(), 2 * CALLS, "{calls:?}");
}

#[test]
fn at_most_40_crates_are_linked() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges=normal,no-proc-macro", "--features=capi", "--prefix=none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    // The names and versions of the crates, each once.
    let mut crates: Vec<_> = lines.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>()).collect();
    crates.sort();
    crates.dedup();

    assert!(crates.len() <= 40, "{}: {crates:?}", crates.len());
}
