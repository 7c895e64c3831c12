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
        let page = Self::wanted(call, largest_size)?;
        if page.number > last_number || page.size > largest_size {
            return Err(ServiceError::known("InvalidParameter"));
        }
        Ok(page)
    }

    /// The same, where what is too large stands for the largest.
    pub(super) fn clamped(call: &Call<'_>, last_number: usize, largest_size: usize) -> Result<Self, ServiceError> {
        let page = Self::wanted(call, largest_size)?;
        Ok(Self { number: page.number.min(last_number), size: page.size.min(largest_size) })
    }

    fn wanted(call: &Call<'_>, default_size: usize) -> Result<Self, ServiceError> {
        let read = |name, default| {
            if call.text(name).is_empty() {
                return Ok(default);
            }
            Ok(usize::try_from(call.positive(name)?).unwrap_or(usize::MAX))
        };
        Ok(Self { number: read("PageNumber", 1)?, size: read("PageSize", default_size)? })
    }

    pub(super) fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = (self.number - 1).saturating_mul(self.size).min(all.len());
        &all[start..all.len().min(start + self.size)]
    }
}
