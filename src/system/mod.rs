//! What differs by operating system, and nothing else: Linux's own means, and those that every POSIX system has.
//!
//! With the feature `_portable`, Linux takes the latter, so that tests run what other systems do.

#[cfg(all(target_os = "linux", not(feature = "_portable")))]
mod linux;
#[cfg(all(target_os = "linux", not(feature = "_portable")))]
pub(crate) use linux::*;

#[cfg(not(all(target_os = "linux", not(feature = "_portable"))))]
mod portable;
#[cfg(not(all(target_os = "linux", not(feature = "_portable"))))]
pub(crate) use portable::*;

/// Whether `getaddrinfo` says with this code that there is no such name, or none with an address.
pub(crate) fn is_unknown_name(code: i32) -> bool {
    #[cfg(not(target_os = "freebsd"))]
    if code == libc::EAI_NODATA {
        return true;
    }
    code == libc::EAI_NONAME
}

/// Forgets the last error of this thread, so that one which comes is seen.
#[allow(unsafe_code)]
pub(crate) fn clear_errno() {
    // SAFETY: errno is this thread's own.
    unsafe {
        #[cfg(target_os = "linux")]
        let errno = libc::__errno_location();
        #[cfg(not(target_os = "linux"))]
        let errno = libc::__error();
        *errno = 0;
    }
}

/// The new descriptor that a system call gave, which is nobody else's; or why it gave none.
#[allow(unsafe_code)]
fn owned(descriptor: std::os::fd::RawFd) -> std::io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::FromRawFd;
    if descriptor < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: it is new, and nobody else's.
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
            // SAFETY: takes no memory.
            let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        }
    }
}
