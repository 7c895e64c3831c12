//! The paging of the list operations.

use super::Call;
use crate::service_error::ServiceError;

#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    /// Pages count from 1. Absent parameters stand for page 1 of the largest size.
    pub(super) fn read(call: &Call<'_>, last_number: usize, largest_size: usize) -> Result<Self, ServiceError> {
        let read = |name, default, largest| {
            if call.text(name).is_empty() {
                return Ok(default);
            }
            let given = usize::try_from(call.positive(name)?).unwrap_or(usize::MAX);
            if given <= largest { Ok(given) } else { Err(ServiceError::known("InvalidParameter")) }
        };
        Ok(Self { number: read("PageNumber", 1, last_number)?, size: read("PageSize", largest_size, largest_size)? })
    }

    pub(super) fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = (self.number - 1).saturating_mul(self.size).min(all.len());
        &all[start..all.len().min(start + self.size)]
    }
}
