module faultwire/run

go 1.21
