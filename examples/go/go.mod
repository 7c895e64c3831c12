module github.com/libesa/libesa/examples/go

go 1.24

require github.com/libesa/libesa/bindings/go v0.0.0

replace github.com/libesa/libesa/bindings/go => ../../bindings/go
