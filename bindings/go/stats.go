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

// Stats is what a client has done since it was made, by all goroutines together.
type Stats struct {
	// Calls are the program's.
	Calls uint64
	// Attempts are the requests to the service, read-backs included.
	Attempts uint64
	// Retries are requests that were made again after one that failed.
	Retries uint64
	// Recoveries are records whose answer was lost, and that a read-back showed.
	Recoveries uint64
	// BusyWaits are waits because the service was busy with another call of the account.
	BusyWaits uint64
	// WriteLimitWaits are waits because another write of the client was under way.
	WriteLimitWaits uint64
	// ConnectionsOpened are all that were made, those to whom credentials are asked of included.
	ConnectionsOpened uint64
	// ConnectionsReused are requests that went over a connection that was there already.
	ConnectionsReused uint64
	// CredentialsRefreshed is how often credentials were got from a provider.
	CredentialsRefreshed uint64
	// LockWaits are waits because somebody else had the lock that the client shares with others.
	LockWaits uint64
	// LockGrants is how often the client got that lock.
	LockGrants uint64
	// LockLosses are writes that the service refused as busy although the client held the lock.
	LockLosses uint64
}

// Stats tells what the client has done so far; nothing after Close.
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
