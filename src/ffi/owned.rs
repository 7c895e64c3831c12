//! Structs that the library makes for the caller: the fields that are read, followed by what they point to.

/// A struct for the caller, and what its pointers point into. The caller gets a pointer to `fields`.
#[repr(C)]
pub(super) struct Owned<F, B> {
    fields: F,
    behind: B,
}

impl<F, B> Owned<F, B> {
    /// Hands `fields` out, with what they point into.
    pub(super) fn into_raw(fields: F, behind: B) -> *mut F {
        Box::into_raw(Box::new(Owned { fields, behind })).cast()
    }

    /// Takes back what [`into_raw`](Owned::into_raw) handed out. Returns `None` for NULL.
    ///
    /// # Safety
    /// `fields` is NULL, or was handed out by `into_raw` of the same type and not taken back yet.
    pub(super) unsafe fn from_raw(fields: *mut F) -> Option<Box<Owned<F, B>>> {
        // SAFETY: made by `into_raw` of a box of this type, whose first field it points to; taken back once.
        (!fields.is_null()).then(|| unsafe { Box::from_raw(fields.cast()) })
    }
}
