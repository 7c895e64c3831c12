//! A duration in seeds, fault rules and the admin interface: seconds, with or without a fraction.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A day.
const LONGEST: f64 = 86_400.0;

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "f64", into = "f64")]
pub(crate) struct Seconds(f64);

impl Seconds {
    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0.0
    }

    pub(crate) fn duration(self) -> SignedDuration {
        SignedDuration::try_from_secs_f64(self.0).unwrap_or_default()
    }
}

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        if (0.0..=LONGEST).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err(format!("{seconds} seconds: from 0 to {LONGEST} are possible"))
        }
    }
}

impl From<Seconds> for f64 {
    fn from(Seconds(seconds): Seconds) -> f64 {
        seconds
    }
}
