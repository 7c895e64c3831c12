package esa

/*
#include "native.h"

static inline esa_stats client_stats(const esa_client *client) {
    esa_stats stats = ESA_STATS_INIT;
    esa_client_stats(client, &stats);
    return stats;
}
*/
import "C"

// Stats counts what a client has done since it was made, in all goroutines together.
type Stats struct {
	// Calls is the number of calls of the program.
	Calls uint64
	// Attempts is the number of requests to the service, read-backs included.
	Attempts uint64
	// Retries is the number of requests that repeated a failed one.
	Retries uint64
	// Recoveries is the number of records that a read-back found after an answer was lost.
	Recoveries uint64
	// BusyWaits is the number of waits because the service was busy with another call of the account.
	BusyWaits uint64
	// WriteLimitWaits is the number of waits because another write of the client was running.
	WriteLimitWaits uint64
	// ConnectionsOpened is the number of new connections, also those to providers of credentials.
	ConnectionsOpened uint64
	// ConnectionsReused is the number of requests on a pooled connection.
	ConnectionsReused uint64
	// CredentialsRefreshed is the number of times that a provider returned credentials.
	CredentialsRefreshed uint64
	// LockWaits is the number of waits for the write lock, because somebody else held it.
	LockWaits uint64
	// LockGrants is the number of times that the client acquired the write lock.
	LockGrants uint64
	// LockLosses is the number of writes that the service refused as busy while the client held the write lock.
	LockLosses uint64
}

// Stats returns what the client has done so far. After [Client.Close], it is zero.
func (client *Client) Stats() Stats {
	if !client.handle.enter() {
		return Stats{}
	}
	defer client.handle.leave()
	native := C.client_stats(client.handle.client)
	return Stats{
		Calls:                uint64(native.calls),
		Attempts:             uint64(native.attempts),
		Retries:              uint64(native.retries),
		Recoveries:           uint64(native.recoveries),
		BusyWaits:            uint64(native.busy_waits),
		WriteLimitWaits:      uint64(native.write_limit_waits),
		ConnectionsOpened:    uint64(native.connections_opened),
		ConnectionsReused:    uint64(native.connections_reused),
		CredentialsRefreshed: uint64(native.credentials_refreshed),
		LockWaits:            uint64(native.lock_waits),
		LockGrants:           uint64(native.lock_grants),
		LockLosses:           uint64(native.lock_losses),
	}
}
