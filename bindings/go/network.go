//go:build cgo

package esa

// Network is a network that reaches the service.
type Network int32

const (
	// NetworkDefault is NetworkPublic.
	NetworkDefault Network = 0
	// NetworkPublic is the internet.
	NetworkPublic Network = 1
	// NetworkVPC is a VPC in the region.
	NetworkVPC Network = 2
)
