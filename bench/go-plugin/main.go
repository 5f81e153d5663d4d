// A plugin of the Fault proxy that lets every byte pass, over grpc-go: what a plugin costs at the least. One process serves
// each side that it is given, on a free port, and says "ready SIDE PORT" for each. A line on standard input asks for the
// calls so far.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"sync/atomic"

	"google.golang.org/grpc"

	pb "faultwire.invalid/bench/go-plugin/gen/plugin"
)

type passThrough struct {
	pb.UnimplementedPluginServiceServer
	side   pb.GetPluginInfoResponse_Side
	reads  atomic.Int64
	writes atomic.Int64
}

func (p *passThrough) HealthCheck(context.Context, *pb.HealthCheckRequest) (*pb.HealthCheckResponse, error) {
	return &pb.HealthCheckResponse{Healthy: true}, nil
}

func (p *passThrough) GetPluginInfo(context.Context, *pb.GetPluginInfoRequest) (*pb.GetPluginInfoResponse, error) {
	return &pb.GetPluginInfoResponse{Name: "pass-through", Version: "1", Side: p.side}, nil
}

func (p *passThrough) GetPluginCapabilities(context.Context, *pb.GetPluginCapabilitiesRequest) (*pb.GetPluginCapabilitiesResponse, error) {
	return &pb.GetPluginCapabilitiesResponse{CanHandleTunnel: true}, nil
}

// A read call has to be answered with its bytes. A write call must not be: the host's buffer may hold more by then.
func (p *passThrough) ProcessTunnelData(_ context.Context, call *pb.ProcessTunnelDataRequest) (*pb.ProcessTunnelDataResponse, error) {
	pass := &pb.PassThrough{}
	if call.Direction == pb.ProcessTunnelDataRequest_INGRESS {
		p.reads.Add(1)
		pass.Chunk = call.Chunk
	} else {
		p.writes.Add(1)
	}
	return &pb.ProcessTunnelDataResponse{Action: &pb.ProcessTunnelDataResponse_PassThrough{PassThrough: pass}}, nil
}

func main() {
	plugins := map[string]*passThrough{}
	for _, side := range os.Args[1:] {
		number, known := pb.GetPluginInfoResponse_Side_value[map[string]string{"client": "CLIENT", "server": "SERVER"}[side]]
		if !known {
			log.Fatalf("%q is no side; expected client or server", side)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		plugin := &passThrough{side: pb.GetPluginInfoResponse_Side(number)}
		plugins[side] = plugin
		server := grpc.NewServer()
		pb.RegisterPluginServiceServer(server, plugin)
		go func() { log.Fatal(server.Serve(listener)) }()
		fmt.Printf("ready %s %d\n", side, listener.Addr().(*net.TCPAddr).Port)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		for side, plugin := range plugins {
			fmt.Printf("calls %s %d %d\n", side, plugin.reads.Load(), plugin.writes.Load())
		}
		fmt.Println("end")
	}
}
