// Package esa ties DNS records to edge routines on Alibaba Cloud ESA.
//
// [New] makes a [Client]. Keep it: any number of goroutines can use one at once. A call ends with its context, and
// returns only after the native call is over. If it fails, its [Error] says whether the record may exist.
//
// If an attempt fails and another one may succeed, the call tries again. It never loses or doubles a record: if the
// service's answer to a create is lost, the call reads the record back before it does anything else. If a program runs
// more than once, use [Client.EnsureRoutineRelatedRecord]: it succeeds if the record exists already.
//
// [Client.Call] calls any other action of the service, by its name. [Client.Sign], [SignWith] and [ReadReply] are for
// programs that send requests themselves.
//
// The package needs cgo, which links libesa: by default the static archive below lib, so that a program needs no other
// file. With the build tag musl, it is the archive for musl; with esa_system, the installed library, found by
// pkg-config.
//
// Package [github.com/libesa/libesa/bindings/go/esatest] starts an emulator of the service to test against.
package esa
