//! The operations of ESA that the emulator models, and how parameters are read.

mod commit_routine_staging_code;
mod create_routine;
mod create_routine_code_deployment;
mod create_routine_related_record;
mod create_site;
mod delete_routine;
mod delete_routine_code_version;
mod delete_routine_related_record;
mod get_er_service;
mod get_match_site;
mod get_routine;
mod get_routine_code_version;
mod get_routine_staging_code_upload_info;
mod get_site;
mod list_routine_code_versions;
mod list_routine_related_records;
mod list_sites;
mod list_user_routines;
mod name;
mod page;
mod publish_routine_code_version;
mod site_filter;

use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde_json::Value;

use crate::journal::{Change, Journal, Kind};
use crate::request::Parameters;
use crate::routine_code::{Deployment, Environment, Share};
use crate::service_error::ServiceError;
use crate::state::{Account, RelatedRecord, Routine, RoutineState};
use crate::world::Ids;

pub(crate) const API_VERSION: &str = "2024-09-10";

/// The region that resource names of RAM carry.
pub(crate) const REGION: &str = "cn-hangzhou";

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) action: &'static str,
    /// The writes of routines exclude each other in one account, and may commit late.
    pub(crate) is_routine_write: bool,
    run: fn(&mut Call<'_>) -> Result<Value, ServiceError>,
}

/// One execution of an operation.
pub(crate) struct Call<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) account: &'a mut Account,
    /// What the client calls the emulator: `http://127.0.0.1:41231`.
    pub(crate) origin: &'a str,
    pub(crate) record_ids: &'a mut Ids,
    pub(crate) site_ids: &'a mut Ids,
    pub(crate) journal: &'a mut Journal,
    /// Its number in the log.
    pub(crate) request: u64,
    pub(crate) now: jiff::Timestamp,
}

pub(crate) const OPERATIONS: &[Operation] = &[
    create_routine_related_record::OPERATION,
    list_routine_related_records::OPERATION,
    delete_routine_related_record::OPERATION,
    get_match_site::OPERATION,
    list_sites::OPERATION,
    get_site::OPERATION,
    get_routine::OPERATION,
    list_user_routines::OPERATION,
    create_routine::OPERATION,
    delete_routine::OPERATION,
    get_er_service::OPERATION,
    get_routine_staging_code_upload_info::OPERATION,
    commit_routine_staging_code::OPERATION,
    list_routine_code_versions::OPERATION,
    get_routine_code_version::OPERATION,
    delete_routine_code_version::OPERATION,
    publish_routine_code_version::OPERATION,
    create_routine_code_deployment::OPERATION,
    create_site::OPERATION,
];

pub(crate) fn find(action: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.action == action)
}

impl Operation {
    /// Carries it out. The reply lacks only its `RequestId`.
    pub(crate) fn run(&self, call: &mut Call<'_>) -> Result<Value, ServiceError> {
        (self.run)(call)
    }
}

impl<'a> Call<'a> {
    fn text(&self, name: &str) -> &'a str {
        self.parameters.get(name).unwrap_or_default()
    }

    /// Ids and the like: decimal digits, from 1.
    fn positive(&self, name: &str) -> Result<i64, ServiceError> {
        let text = self.text(name);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<i64>() {
            Ok(number) if digits && number > 0 => Ok(number),
            _ => Err(ServiceError::known("InvalidParameter")),
        }
    }

    /// What every write of routines asks first.
    fn check_account(&self) -> Result<(), ServiceError> {
        if !self.account.activated {
            return Err(ServiceError::known("ServiceNotOpen"));
        }
        if self.account.overdue {
            return Err(ServiceError::known("RoutineUserServiceStatusHalt"));
        }
        Ok(())
    }

    fn routine(&self, name: &str) -> Result<&Routine, ServiceError> {
        self.account.routine(name).ok_or_else(|| ServiceError::known("RoutineNotExist"))
    }

    /// The routine, if it can be written to now.
    fn writable_routine(&self, name: &str) -> Result<&Routine, ServiceError> {
        let routine = self.routine(name)?;
        match routine.state {
            RoutineState::Ready => Ok(routine),
            RoutineState::Busy => Err(ServiceError::known("LockFailed")),
            RoutineState::Deploying => Err(ServiceError::known("InternalOperationError")),
        }
    }

    /// One of the words that the parameter can have.
    fn choice<T: DeserializeOwned>(&self, name: &str) -> Result<T, ServiceError> {
        T::deserialize(self.text(name).into_deserializer())
            .map_err(|_: serde::de::value::Error| ServiceError::known("InvalidParameter"))
    }

    /// Returns the deployment's id.
    fn deploy(&mut self, name: &str, to: Environment, shares: Vec<Share>) -> Result<String, ServiceError> {
        let deployment = Deployment::new(shares, self.now);
        deployment.check(&self.routine(name)?.code_versions).map_err(|_| ServiceError::known("InvalidParameter"))?;
        let id = deployment.id.clone();
        if let Some(routine) = self.account.routine_mut(name) {
            routine.deployments.insert(to, deployment);
        }
        Ok(id)
    }

    /// The routine's records as a list sees them.
    fn records<'b>(&'b self, routine: &'b Routine) -> Vec<&'b RelatedRecord> {
        let lag = self.account.list_lag_seconds;
        if lag.is_zero() {
            return routine.related_records.iter().collect();
        }
        let seen = self.now.checked_sub(lag.duration()).unwrap_or(self.now);
        self.journal.records_at(seen, &self.account.id, routine)
    }

    fn add_record(&mut self, routine: &str, record: RelatedRecord) {
        let Some(bound) = self.account.routine_mut(routine) else { return };
        bound.related_records.push(record.clone());
        let position = bound.related_records.len() - 1;
        self.note(Kind::Created, routine, record, position);
    }

    fn remove_record(&mut self, routine: &str, position: usize) {
        let Some(bound) = self.account.routine_mut(routine) else { return };
        let record = bound.related_records.remove(position);
        self.note(Kind::Deleted, routine, record, position);
    }

    fn note(&mut self, kind: Kind, routine: &str, record: RelatedRecord, position: usize) {
        let (account, routine) = (self.account.id.clone(), routine.to_owned());
        self.journal.add(Change { kind, time: self.now, request: self.request, account, routine, record, position });
    }
}
