module github.com/libesa/libesa/bindings/go

go 1.24
