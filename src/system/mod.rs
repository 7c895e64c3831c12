//! The only code that differs by operating system: one part for Linux, and one for every POSIX system.
//!
//! With the feature `_portable`, Linux uses the POSIX part, so that tests run the code of other systems.

#[cfg(all(target_os = "linux", not(feature = "_portable")))]
mod linux;
#[cfg(all(target_os = "linux", not(feature = "_portable")))]
pub(crate) use linux::*;

#[cfg(not(all(target_os = "linux", not(feature = "_portable"))))]
mod portable;
#[cfg(not(all(target_os = "linux", not(feature = "_portable"))))]
pub(crate) use portable::*;

/// Whether this code of `getaddrinfo` means that the name doesn't exist or has no address.
pub(crate) fn is_unknown_name(code: i32) -> bool {
    #[cfg(not(target_os = "freebsd"))]
    if code == libc::EAI_NODATA {
        return true;
    }
    code == libc::EAI_NONAME
}

/// Clears this thread's errno, so that a new error can be seen.
#[allow(unsafe_code)]
pub(crate) fn clear_errno() {
    // SAFETY: errno belongs to this thread.
    unsafe {
        #[cfg(target_os = "linux")]
        let errno = libc::__errno_location();
        #[cfg(not(target_os = "linux"))]
        let errno = libc::__error();
        *errno = 0;
    }
}

/// Returns the new descriptor of a system call as owned, or the system's error.
#[allow(unsafe_code)]
fn owned(descriptor: std::os::fd::RawFd) -> std::io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::FromRawFd;
    if descriptor < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nobody else owns it.
    Ok(unsafe { std::os::fd::OwnedFd::from_raw_fd(descriptor) })
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::wait::is_readable;

    #[test]
    fn an_event_stays_until_it_is_reset() {
        let event = Event::new().unwrap();
        assert!(!is_readable(&event));
        for _ in 0..2 {
            event.happen();
            event.happen();
            assert!(is_readable(&event) && is_readable(&event));

            event.reset();

            assert!(!is_readable(&event));
            event.reset();
        }
    }

    #[test]
    fn an_event_can_happen_more_often_than_a_pipe_has_room() {
        let event = Event::new().unwrap();

        (0..100_000).for_each(|_| event.happen());
        event.reset();

        assert!(!is_readable(&event));
    }

    #[test]
    #[allow(unsafe_code)]
    fn programs_that_are_started_get_none_of_its_descriptors() {
        let (event, (output, input)) = (Event::new().unwrap(), pipe().unwrap());
        for descriptor in [event.as_raw_fd(), output.as_raw_fd(), input.as_raw_fd()] {
            // SAFETY: fcntl with F_GETFD takes no memory.
            let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
    }
}
