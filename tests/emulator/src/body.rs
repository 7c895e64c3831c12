//! Reads the body of a request, up to a limit.

use std::future::poll_fn;
use std::pin::Pin;

use hyper::body::{Body as _, Incoming};

use crate::service_error::ServiceError;

pub(crate) const LARGEST_SERVICE: usize = 1024 * 1024;
/// Seeds and raw bytes of fault rules may be large.
pub(crate) const LARGEST_ADMIN: usize = 64 * 1024 * 1024;

/// The body is read further than its limit, up to this size. Otherwise a sender that is cut off would miss the refusal.
const MOST_READ: usize = 64 * 1024 * 1024;

pub(crate) async fn read(mut body: Incoming, largest: usize) -> Result<Vec<u8>, ServiceError> {
    let (mut kept, mut total) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let incomplete = |_| ServiceError::new(400, "IncompleteBody", "The body ended before its announced length.");
        let Ok(data) = frame.map_err(incomplete)?.into_data() else { continue };
        total += data.len();
        if total <= largest {
            kept.extend_from_slice(&data);
        } else if total > MOST_READ {
            break;
        }
    }
    if total > largest {
        return Err(ServiceError::new(413, "RequestBodyTooLarge", format!("The body is larger than {largest} bytes.")));
    }
    Ok(kept)
}
