//go:build cgo

package esa

// Network is from where the service is reached.
type Network int32

const (
	// NetworkDefault is NetworkPublic.
	NetworkDefault Network = 0
	// NetworkPublic is the internet.
	NetworkPublic Network = 1
	// NetworkVPC is the inside of a VPC in the region.
	NetworkVPC Network = 2
)
