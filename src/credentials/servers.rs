//! The servers that give credentials. Their addresses and connections are kept for the next request.

#[cfg(feature = "capi")]
use std::sync::Weak;
use std::sync::{Arc, Mutex, PoisonError};

use crate::transport::{Destination, Settings, Transport};
#[cfg(feature = "capi")]
use crate::wait::Host;

/// More than any chain of providers asks.
const MOST: usize = 8;

/// The servers that were asked recently, the last one at the end.
#[derive(Debug, Default)]
pub(crate) struct Servers(Mutex<Vec<(Destination, Arc<Transport>)>>);

impl Servers {
    #[cfg(feature = "capi")]
    pub(super) fn leave(&self, host: &Weak<dyn Host>) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|(_, transport)| transport.leave(host));
    }

    pub(super) fn at(&self, destination: &Destination, settings: &Arc<Settings>) -> Arc<Transport> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let position = known.iter().position(|(other, _)| other == destination);
        let server = match position.or((known.len() == MOST).then_some(0)).map(|position| known.remove(position)) {
            Some(server) if position.is_some() => server,
            _ => (destination.clone(), Arc::new(Transport::new(settings, destination))),
        };
        let transport = Arc::clone(&server.1);
        known.push(server);
        transport
    }
}
