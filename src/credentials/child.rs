//! A child program.
//!
//! The standard library could start it, but would add 30 kB, and would fork the whole host program.

use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;

use crate::system::pipe;

/// The search path, if no variable sets one.
const PATH: &[u8] = b"/bin:/usr/bin";

/// A started child program in its own process group, not yet reaped.
pub(super) struct Child(libc::pid_t);

impl Child {
    /// Starts the program `words[0]` with these arguments and only these variables. Returns it and the pipe of its
    /// output. Its input is empty. Its error output is discarded, because the host program's isn't the library's to
    /// use.
    pub(super) fn start<'a>(
        words: &[String],
        variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
    ) -> io::Result<(Child, File)> {
        let mut path = PATH;
        let mut environment = Vec::new();
        for (name, value) in variables {
            if name == "PATH" {
                path = value.as_bytes();
            }
            environment.push(CString::new([name.as_bytes(), b"=", value.as_bytes()].concat())?);
        }
        let arguments = words.iter().map(|word| CString::new(word.as_str())).collect::<Result<Vec<_>, _>>()?;
        let (output, end) = pipe()?;
        let plan = Plan::new(end.as_raw_fd())?;
        let mut failure = libc::ENOENT;
        for place in places(words.first().map_or("", String::as_str), path) {
            let place = CString::new(place)?;
            // Checked first, because a failed spawn leaves a process that has to be reaped.
            let spawned =
                may_start(&place).and_then(|()| plan.spawn(&place, &pointers(&arguments), &pointers(&environment)));
            match spawned {
                Ok(id) => return Ok((Child(id), File::from(output))),
                Err(libc::ENOENT | libc::ENOTDIR) => {}
                // A later directory may have one that can be started.
                Err(libc::EACCES) => failure = libc::EACCES,
                Err(code) => return Err(io::Error::from_raw_os_error(code)),
            }
        }
        Err(io::Error::from_raw_os_error(failure))
    }

    /// Returns how it ended, if it has ended. This also reaps it.
    #[allow(unsafe_code)]
    pub(super) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        match unsafe { libc::waitpid(self.0, &mut status, libc::WNOHANG) } {
            0 => Ok(None),
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(Some(ExitStatus::from_raw(status))),
        }
    }

    /// Kills it, with all processes in its group.
    #[allow(unsafe_code)]
    pub(super) fn kill(&self) {
        // It may have ended, and left others in its group. Until it is reaped, no other process or group can have its
        // number.
        // SAFETY: kill takes only numbers.
        unsafe { libc::kill(-self.0, libc::SIGKILL) };
    }
}

/// The attributes of a new child process.
struct Plan {
    files: libc::posix_spawn_file_actions_t,
    attributes: libc::posix_spawnattr_t,
}

impl Plan {
    #[allow(unsafe_code)]
    fn new(output: RawFd) -> io::Result<Plan> {
        let (mut files, mut attributes) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let mut signals = MaybeUninit::uninit();
        // SAFETY: everything that is read was initialized by its init function, which has succeeded by then.
        unsafe {
            checked(libc::posix_spawn_file_actions_init(files.as_mut_ptr()))?;
            checked(libc::posix_spawnattr_init(attributes.as_mut_ptr()))?;
            let mut plan = Plan { files: files.assume_init(), attributes: attributes.assume_init() };
            let Plan { files, attributes } = &mut plan;
            // Comes first, because it may have the same number as one of the others.
            checked(libc::posix_spawn_file_actions_adddup2(files, output, libc::STDOUT_FILENO))?;
            for (number, flags) in [(libc::STDIN_FILENO, libc::O_RDONLY), (libc::STDERR_FILENO, libc::O_WRONLY)] {
                checked(libc::posix_spawn_file_actions_addopen(files, number, c"/dev/null".as_ptr(), flags, 0))?;
            }
            // The host program's signal settings must not apply to the child.
            libc::sigemptyset(signals.as_mut_ptr());
            checked(libc::posix_spawnattr_setsigmask(attributes, signals.as_ptr()))?;
            libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
            checked(libc::posix_spawnattr_setsigdefault(attributes, signals.as_ptr()))?;
            checked(libc::posix_spawnattr_setpgroup(attributes, 0))?;
            let flags = libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETPGROUP;
            checked(libc::posix_spawnattr_setflags(attributes, flags as _))?;
            Ok(plan)
        }
    }

    /// Returns the child's process id, else the system's error. Both lists end with NULL.
    #[allow(unsafe_code)]
    fn spawn(&self, path: &CStr, words: &[*mut c_char], variables: &[*mut c_char]) -> Result<libc::pid_t, c_int> {
        let (Plan { files, attributes }, mut id) = (self, 0);
        // SAFETY: the texts are NUL-terminated, and the lists end with NULL. All outlive the call, which changes none
        // of them.
        let spawned =
            unsafe { libc::posix_spawn(&mut id, path.as_ptr(), files, attributes, words.as_ptr(), variables.as_ptr()) };
        if spawned == 0 { Ok(id) } else { Err(spawned) }
    }
}

impl Drop for Plan {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: both were initialized by their init functions, and nobody uses them any more.
        unsafe {
            libc::posix_spawn_file_actions_destroy(&mut self.files);
            libc::posix_spawnattr_destroy(&mut self.attributes);
        }
    }
}

/// Returns the paths to try: one in each directory of `path`, or only `program` if it has a slash.
fn places(program: &str, path: &[u8]) -> Vec<Vec<u8>> {
    if program.contains('/') {
        return vec![program.as_bytes().to_owned()];
    }
    let directories =
        path.split(|&byte| byte == b':').map(|directory| if directory.is_empty() { b"." } else { directory });
    directories.map(|directory| [directory, b"/", program.as_bytes()].concat()).collect()
}

/// Checks whether it can be started, as far as its permissions say.
#[allow(unsafe_code)]
fn may_start(program: &CStr) -> Result<(), c_int> {
    // SAFETY: the text is NUL-terminated.
    match unsafe { libc::access(program.as_ptr(), libc::X_OK) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::ENOENT)),
    }
}

/// Returns pointers to the texts, as a list that ends with NULL.
fn pointers(texts: &[CString]) -> Vec<*mut c_char> {
    texts.iter().map(|text| text.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

fn checked(code: c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn started(words: &[&str], variables: &[(&str, &str)]) -> io::Result<(Child, File)> {
        let words: Vec<_> = words.iter().map(ToString::to_string).collect();
        Child::start(&words, variables.iter().map(|(name, value)| (OsStr::new(*name), OsStr::new(*value))))
    }

    fn ended(mut child: Child) -> ExitStatus {
        loop {
            match child.try_wait().unwrap() {
                Some(status) => return status,
                None => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Returns what it prints, and its exit code.
    fn printed(words: &[&str], variables: &[(&str, &str)]) -> (String, Option<i32>) {
        let (child, mut output) = started(words, variables).unwrap();
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        (text, ended(child).code())
    }

    #[test]
    fn it_has_its_words_and_its_variables_and_no_others() {
        assert_eq!(printed(&["/usr/bin/env"], &[("A", "1 2"), ("B", "")]), ("A=1 2\nB=\n".to_owned(), Some(0)));
        let script = "echo $1; read line; echo $line; echo quiet >&2; exit 3";
        assert_eq!(printed(&["/bin/sh", "-c", script, "sh", "a b"], &[]), ("a b\n\n".to_owned(), Some(3)));
    }

    #[test]
    fn it_is_found_in_the_path_of_its_own_variables() {
        let path = ("PATH", "/no/such/directory:/etc/passwd:/bin:/usr/bin");

        assert_eq!(printed(&["true"], &[path]).1, Some(0));
        assert_eq!(printed(&["true"], &[]).1, Some(0));
        let failure =
            |words: &[&str], path| started(words, &[("PATH", path)]).err().and_then(|error| error.raw_os_error());
        assert_eq!(failure(&["true"], "/no/such/directory"), Some(libc::ENOENT));
        assert_eq!(failure(&["passwd"], "/etc:/no/such/directory"), Some(libc::EACCES));
        assert_eq!(failure(&["/etc/passwd"], "/bin"), Some(libc::EACCES));
    }

    #[test]
    fn it_is_ended_with_what_it_has_started() {
        let (child, mut output) =
            started(&["/bin/sh", "-c", "sleep 600 & wait"], &[("PATH", "/bin:/usr/bin")]).unwrap();

        child.kill();

        assert_eq!(ended(child).signal(), Some(libc::SIGKILL));
        // No process that could still write is left.
        assert_eq!(output.read(&mut [0; 1]).unwrap(), 0);
    }
}
