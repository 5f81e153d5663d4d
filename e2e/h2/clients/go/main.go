// Asks for each path, and says in a line of JSON what came of it: `client http|grpc BASE PATH…`. net/http and grpc-go.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

type result struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	Status  int    `json:"status"`
	Bytes   int    `json:"bytes"`
	Error   string `json:"error"`
}

func say(r result) {
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}

func roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pem, _ := os.ReadFile(os.Getenv("H2_CA"))
	pool.AppendCertsFromPEM(pem)
	return pool
}

func overHttp(base string, paths []string) {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, Protocols: new(http.Protocols)}
	if strings.HasPrefix(base, "http:") {
		transport.Proxy = nil
		transport.Protocols.SetUnencryptedHTTP2(true)
	} else {
		transport.Protocols.SetHTTP1(true)
		transport.Protocols.SetHTTP2(true)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots()}
	}
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for _, path := range paths {
		r := result{Path: path}
		response, err := client.Get(base + path)
		if err == nil {
			r.Version, r.Status = response.Proto, response.StatusCode
			var body []byte
			body, err = io.ReadAll(response.Body)
			r.Bytes = len(body)
			response.Body.Close()
		}
		if err != nil {
			for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
				err = inner
			}
			r.Error = err.Error()
		}
		say(r)
	}
}

// Messages are bytes, as they are.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (codec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}
func (codec) Name() string { return "proto" }

func overGrpc(base string, paths []string) {
	secret := insecure.NewCredentials()
	scheme, address, _ := strings.Cut(base, "://")
	if scheme == "https" {
		secret = credentials.NewTLS(&tls.Config{RootCAs: roots()})
		address += ":443"
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(secret),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	if err != nil {
		panic(err)
	}
	for _, path := range paths {
		r := result{Path: path, Version: "grpc-go " + grpc.Version}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
		if err == nil {
			request := []byte("hi")
			if err = stream.SendMsg(&request); err == nil {
				err = stream.CloseSend()
			}
		}
		for err == nil {
			var message []byte
			if err = stream.RecvMsg(&message); err == nil {
				r.Bytes += len(message)
			}
		}
		if err == io.EOF {
			r.Error = "OK"
		} else {
			r.Error = fmt.Sprintf("%v: %v", status.Code(err), status.Convert(err).Message())
		}
		say(r)
		cancel()
	}
}

func main() {
	if os.Args[1] == "http" {
		overHttp(os.Args[2], os.Args[3:])
	} else {
		overGrpc(os.Args[2], os.Args[3:])
	}
}
