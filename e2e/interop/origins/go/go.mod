module faultwire.test/origin

go 1.21
