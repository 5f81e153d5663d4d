// Usage: go run verify.go HOST ROOT.pem PORT... prints one line a port: "PORT OK" or "PORT the error".
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

func connect(host string, port string, roots *x509.CertPool) string {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	connection, err := tls.DialWithDialer(dialer, "tcp", "127.0.0.1:"+port, &tls.Config{ServerName: host, RootCAs: roots})
	if err != nil {
		return strings.ReplaceAll(err.Error(), "\n", " ")
	}
	connection.Close()
	return "OK"
}

func main() {
	pem, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		panic("no certificate in " + os.Args[2])
	}
	for _, port := range os.Args[3:] {
		fmt.Println(port, connect(os.Args[1], port, roots))
	}
}
