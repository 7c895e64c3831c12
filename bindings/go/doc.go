// Package esa ties DNS records to edge routines on Alibaba Cloud ESA.
//
// A [Client] is made by [New], serves any number of goroutines, and is kept for as long as calls are made. A call takes
// a context and ends with it, returns when the native call is over and not before, and says in its [Error] whether the
// record may exist.
//
// A call makes further attempts where one fails in a way that may pass. It never loses or doubles a record: if the
// service's answer to a create is lost, the record is read back before anything else is done.
// [Client.EnsureRoutineRelatedRecord] is the call for programs that run more than once: it succeeds where the record is
// there already.
//
// [Client.Call] calls any other action of the service, by its name. [Client.Sign], [SignWith] and [ReadReply] are for
// programs that send requests themselves.
//
// The work is done by libesa, which cgo links in. By default that is the static archive below lib, so that programs need
// nothing beside them; with the build tag esa_system it is the installed library, found by pkg-config.
//
// Package [github.com/libesa/libesa/bindings/go/esatest] starts an emulator of the service to test against.
package esa
