//! Reads structs that the caller wrote, and fills structs of the caller. The caller's header can be older or newer than
//! the library.

use std::mem::{MaybeUninit, size_of};
use std::ptr;

use crate::error::{Error, ErrorKind};

/// More than any struct will have. If `struct_size` is larger, it was never set.
const LARGEST_STRUCT: usize = 4096;

/// A struct that the caller writes.
///
/// # Safety
/// The type is `repr(C)`, begins with a `usize` named `struct_size`, and is valid with any bytes in its other fields
/// (integers and pointers only).
pub(super) unsafe trait CallerStruct: Copy {
    /// The argument's name for the caller.
    const ARGUMENT: &'static str;
    /// The offset of each field after the size; see `fields!`.
    const FIELDS: &'static [usize];
}

/// The offsets of the fields of a struct that the caller writes. All fields must be named.
macro_rules! fields {
    ($struct:ident: $($field:ident),+ $(,)?) => {{
        let _ = |$struct { struct_size: _, $($field: _),+ }: $struct| ();
        &[$(std::mem::offset_of!($struct, $field)),+]
    }};
}
pub(super) use fields;

/// What the library knows about a struct that the caller writes.
struct Known {
    argument: &'static str,
    size: usize,
    fields: &'static [usize],
}

impl Known {
    const fn of<T: CallerStruct>() -> Known {
        Known { argument: T::ARGUMENT, size: size_of::<T>(), fields: T::FIELDS }
    }
}

/// Copies the caller's struct: the fields that both sides know. Fields that only the library knows are zero.
///
/// # Safety
/// `pointer` is NULL or points to a struct whose first field says how many bytes of it can be read.
pub(super) unsafe fn read_struct<T: CallerStruct>(pointer: *const T) -> Result<T, Error> {
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: this function's promise. The copy has as many bytes as is known, and all bytes are valid in it
    // (`CallerStruct`).
    unsafe {
        copy_known(pointer.cast(), copy.as_mut_ptr().cast(), &Known::of::<T>())?;
        Ok(copy.assume_init())
    }
}

/// Copies what both sides know. Compiled once, not for each kind of struct.
///
/// # Safety
/// `from` is NULL or points to a struct whose first field says how many bytes of it can be read. `to` has room for what
/// is known.
unsafe fn copy_known(from: *const u8, to: *mut u8, known: &Known) -> Result<(), Error> {
    // SAFETY: this function's promise.
    let size = unsafe { read_size(from, known) }?;
    let both = size.min(known.size);
    // SAFETY: the caller's struct has `size` readable bytes, and what is known fits into the copy.
    unsafe { to.copy_from_nonoverlapping(from, both) };
    // SAFETY: `both` to `size` is within the caller's struct.
    let unknown_fields_are_zero = (both..size).all(|offset| unsafe { from.add(offset).read() } == 0);
    if !unknown_fields_are_zero {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("{} sets a field that this version of the library doesn't know", known.argument),
        ));
    }
    Ok(())
}

/// Fills the caller's struct, except its size. Fields that both sides know come from `fields`; those that only the
/// caller knows become zero.
///
/// # Safety
/// `pointer` is NULL or points to a struct whose first field says how many bytes of it can be written.
pub(super) unsafe fn write_struct<T: CallerStruct>(fields: &T, pointer: *mut T) -> Result<(), Error> {
    let known = Known::of::<T>();
    // SAFETY: what can be written can be read (this function's promise).
    let size = unsafe { read_size(pointer.cast(), &known) }?;
    let both = size.min(known.size);
    let (from, to) = (ptr::from_ref(fields).cast::<u8>(), pointer.cast::<u8>());
    let begin = size_of::<usize>();
    // SAFETY: the caller's struct has `size` bytes; the first `both` of them are in `fields` too. Both include the size
    // itself, which stays.
    unsafe {
        to.add(begin).copy_from_nonoverlapping(from.add(begin), both - begin);
        to.add(both).write_bytes(0, size - both);
    }
    Ok(())
}

/// The size that the caller's struct says it has.
///
/// # Safety
/// `pointer` is NULL or points to a struct that begins with its size.
unsafe fn read_size(pointer: *const u8, known: &Known) -> Result<usize, Error> {
    if pointer.is_null() {
        return Err(Error::invalid_argument(known.argument, "is NULL"));
    }
    // SAFETY: a caller's struct begins with its size (this function's promise); it may lie at any address.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    let is_one = (size_of::<usize>()..=LARGEST_STRUCT).contains(&size);
    // An older header's struct ends before a field that came later, never in the middle of one.
    if is_one && (size >= known.size || known.fields.contains(&size)) {
        return Ok(size);
    }
    let ends = if is_one { ", which ends inside of a field" } else { "" };
    Err(Error::invalid_argument(
        known.argument,
        format_args!("has struct_size {size}{ends}; begin with the struct's _INIT macro"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    struct Sample {
        struct_size: usize,
        a: u32,
        b: u32,
    }

    // SAFETY: `repr(C)`, `struct_size` first, integers only.
    unsafe impl CallerStruct for Sample {
        const ARGUMENT: &'static str = "sample";
        const FIELDS: &'static [usize] = fields!(Sample: a, b);
    }

    fn read(words: &[u64]) -> Result<Sample, Error> {
        // SAFETY: each test passes at least as many bytes as the first word says, or a size that is refused.
        unsafe { read_struct(words.as_ptr().cast::<Sample>()) }
    }

    #[test]
    fn a_struct_of_the_same_size_is_copied() {
        assert_eq!(read(&[16, 7]).unwrap(), Sample { struct_size: 16, a: 7, b: 0 });
    }

    #[test]
    fn fields_that_an_older_caller_does_not_have_are_zero() {
        assert_eq!(read(&[12, 7 | 9 << 32]).unwrap(), Sample { struct_size: 12, a: 7, b: 0 });
    }

    #[test]
    fn a_newer_caller_may_leave_its_new_fields_at_zero_but_not_set_them() {
        assert_eq!(read(&[24, 7, 0]).unwrap().a, 7);
        assert_eq!(read(&[24, 7, 1 << 63]).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_size_that_was_never_set_is_an_invalid_argument() {
        for size in [0, 7, 4097, u64::MAX] {
            let error = read(&[size, 0]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{size}");
            assert!(error.message().starts_with("sample has struct_size"), "{error}");
        }
    }

    #[test]
    fn a_size_inside_of_a_field_is_an_invalid_argument() {
        for size in [9, 11, 13, 15] {
            assert_eq!(read(&[size, u64::MAX]).unwrap_err().kind(), ErrorKind::InvalidArgument, "{size}");
        }
        // A struct can end after its size.
        assert_eq!(read(&[8, u64::MAX]).unwrap(), Sample { struct_size: 8, a: 0, b: 0 });
    }

    #[test]
    fn null_is_an_invalid_argument() {
        // SAFETY: NULL is allowed.
        let error = unsafe { read_struct::<Sample>(std::ptr::null()) }.unwrap_err();
        assert_eq!(error.message(), "sample is NULL");
    }

    #[test]
    fn a_struct_of_the_caller_s_is_filled_as_far_as_both_know_it() {
        for (size, filled) in [(8, [0xff; 3]), (12, [7, 0xff, 0xff]), (16, [7, 9, 0xff]), (20, [7, 9, 0])] {
            let mut words = [size, 0, 0xff, 0xff, 0xff];
            let fields = Sample { struct_size: 16, a: 7, b: 9 };

            // SAFETY: the array has as many bytes as its size says.
            unsafe { write_struct(&fields, words.as_mut_ptr().cast::<Sample>()) }.unwrap();

            assert_eq!(words, [size, 0, filled[0], filled[1], filled[2]]);
        }
    }

    #[test]
    fn what_says_no_size_is_not_filled() {
        let fields = Sample { struct_size: 16, a: 7, b: 9 };
        let mut words = [0_u64; 2];
        // SAFETY: NULL is allowed, and so is a struct whose size is refused.
        unsafe {
            assert!(write_struct(&fields, ptr::null_mut()).is_err());
            assert!(write_struct(&fields, words.as_mut_ptr().cast()).is_err());
        }
        assert_eq!(words, [0, 0]);
    }
}
