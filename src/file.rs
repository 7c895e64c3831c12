//! Reads the files that a configuration names.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

/// Larger than any file that is meant to be read here.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A file that was read.
pub(crate) struct File {
    /// Wiped from memory on drop. Has no byte order mark, which some editors write.
    pub(crate) text: Zeroizing<String>,
    /// Whether other users of the machine may read it.
    pub(crate) is_public: bool,
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> io::Result<File> {
    let (bytes, metadata) = read_bytes(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| io::Error::other("it is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(File { text: Zeroizing::new(text.to_owned()), is_public: metadata.mode() & 0o077 != 0 })
}

/// Reads a regular file. Doesn't open any other kind: reading a pipe might never end, and opening a device may have
/// effects.
pub(crate) fn read_bytes(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, Metadata)> {
    let plain = |metadata: Metadata| match metadata {
        metadata if !metadata.is_file() => Err(io::Error::other("it is not a plain file")),
        metadata if metadata.len() > LARGEST => Err(too_large()),
        metadata => Ok(metadata),
    };
    plain(std::fs::metadata(path)?)?;
    // The file may have been replaced meanwhile.
    let mut file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let metadata = plain(file.metadata()?)?;
    read_all(&mut file, metadata.len()).map(|bytes| (bytes, metadata))
}

/// Reads `file`, whose size is said to be `length`.
fn read_all(file: impl Read, length: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // A file may grow while it is read. If it doesn't, the buffer never moves, and no copy stays in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    // Files in /proc have a size of 0.
    if bytes.len() as u64 > LARGEST { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::other(format!("it is larger than {LARGEST} bytes"))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_mark_of_the_byte_order_is_not_part_of_the_text() {
        let scratch = Scratch::new();
        let path = scratch.write("f", "\u{feff}a\r\nb");

        assert_eq!(read(&path).unwrap().text.as_str(), "a\r\nb");
    }

    #[test]
    fn that_others_may_read_it_is_noticed() {
        let scratch = Scratch::new();
        let path = scratch.write("f", "");

        for (mode, is_public) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&path).unwrap().is_public, is_public, "{mode:o}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_reason() {
        let scratch = Scratch::new();
        let reason = |path: &Path| read(path).err().unwrap().to_string();

        assert!(reason(Path::new("/no/such/file")).starts_with("No such file"));
        assert_eq!(reason(Path::new("/")), "it is not a plain file");
        assert_eq!(reason(Path::new("/dev/zero")), "it is not a plain file");
        assert_eq!(reason(&scratch.fifo("fifo")), "it is not a plain file");
        assert_eq!(reason(&scratch.write("f", b"a\xff")), "it is not UTF-8");
        let large = "it is larger than 4194304 bytes";
        assert_eq!(reason(&scratch.write("g", vec![b'a'; 4 * 1024 * 1024 + 1])), large);
        assert_eq!(read_all(io::repeat(b'a'), 0).unwrap_err().to_string(), large);
    }
}
