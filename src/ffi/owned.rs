//! Structs that the library makes for the caller: the fields that are read, with what these point to behind them.

/// A struct for the caller, and what its pointers point into. The caller gets a pointer to `fields`.
#[repr(C)]
pub(super) struct Owned<F, B> {
    fields: F,
    behind: B,
}

impl<F, B> Owned<F, B> {
    /// Hands `fields` out, with what they point into.
    pub(super) fn give(fields: F, behind: B) -> *mut F {
        Box::into_raw(Box::new(Owned { fields, behind })).cast()
    }

    /// Takes back what [`give`](Owned::give) handed out, and releases it; NULL is nothing.
    ///
    /// # Safety
    /// `fields` is NULL, or was handed out by `give` of the same type and not taken back yet.
    pub(super) unsafe fn take_back(fields: *mut F) {
        if !fields.is_null() {
            // SAFETY: made by `give` of a box of this type, whose first field it points to; taken back once.
            drop(unsafe { Box::from_raw(fields.cast::<Owned<F, B>>()) });
        }
    }
}
