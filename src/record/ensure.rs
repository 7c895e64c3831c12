//! Ensures that a record exists.

use super::Record;
use super::create::{Origin, create, read_back, record};
use crate::call::{Call, World};
use crate::error::{Error, ErrorKind};
use crate::log::Level;
use crate::operation::{Action, CreateRoutineRelatedRecordRequest, GetMatchSiteRequest, Operation};
use crate::service_code::ServiceCode;

/// Creates the record of `request`, unless it exists and is tied to the same routine. An existing record costs a read,
/// and no write that others would wait for. If the site id is 0, the site is the one that the record's name belongs to.
pub(crate) async fn ensure<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
) -> Result<Record, Error> {
    let request = &with_site(call, request).await?;
    match read_first(call, request).await? {
        Some(existing) => Ok(existing),
        None => create(call, request, true).await,
    }
}

/// Refuses arguments that can't be sent. A site id of 0 is valid: the call looks it up.
pub(crate) fn check(request: &CreateRoutineRelatedRecordRequest<'_>) -> Result<(), Error> {
    let any_site = if request.site_id == 0 { 1 } else { request.site_id };
    CreateRoutineRelatedRecordRequest { site_id: any_site, ..*request }.check()
}

/// Returns the same request with its site's id.
pub(super) async fn with_site<'a, W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'a>,
) -> Result<CreateRoutineRelatedRecordRequest<'a>, Error> {
    check(request)?;
    let site_id = match request.site_id {
        0 => call.perform(&GetMatchSiteRequest::new(request.record_name)).await.map_err(without_site)?.site_id,
        site_id => site_id,
    };
    Ok(CreateRoutineRelatedRecordRequest { site_id, ..*request })
}

fn without_site(error: Error) -> Error {
    match error.service_code() {
        ServiceCode::SiteNotFound => error.with_advice(
            "No site of this account has a name that the record's name ends in: add the site, or check the record's name and \
             which account these credentials belong to.",
        ),
        _ => error,
    }
}

/// Returns the record of `request`, if the list shows it.
pub(super) async fn read_first<W: World>(
    call: &Call<'_, W>,
    request: &CreateRoutineRelatedRecordRequest<'_>,
) -> Result<Option<Record>, Error> {
    match read_back(call, request, 0).await {
        Ok(found) => Ok(found.map(|found| record(request, found, Origin::Existing))),
        // Credentials that can create records but not list them can still create this one.
        Err(error) if error.kind() == ErrorKind::Forbidden => {
            let Action { name, record_name, .. } = request.action();
            let because = || format!("created without reading the list first, because {error}");
            call.world.log().action(name, record_name).write(Level::Warn, because);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
